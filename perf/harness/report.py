# SPDX-License-Identifier: BSD-3-Clause
"""What was measured, as JSON, as a table for people, and as pictures."""

import json
import os
import pathlib
import platform
import subprocess
import time

from . import contest, svg, wires


def _said(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def environment(root):
    cpu = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), "unknown")
    mhz = [float(line.split(":")[1]) for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("cpu MHz")]
    return {"time": time.strftime("%Y-%m-%d %H:%M:%S %z"), "cpu": cpu, "cpus": os.cpu_count(), "mhz": mhz,
            "kernel": platform.release(), "dpdk": _said("pkg-config", "--modversion", "libdpdk"),
            "congestion_control_of_the_kernel": pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip(),
            "revision": _said("git", "-C", str(root), "-c", f"safe.directory={root}", "describe", "--always", "--dirty"),
            "mtu": wires.MTU}


def _pairwise(cell, figures, others):
    """Median of the ratios of runs of one round; None where there is nothing to compare with."""
    ratios = [a / b for a, b in zip(figures[cell], figures.get(others, [])) if a and b]
    return svg.median(ratios) if ratios else None


def _congestion(runs):
    for run in runs:
        if "result" in run:
            return run["result"].get("end", {}).get("congestion") or \
                run["result"].get("start", {}).get("test_start", {}).get("congestion") or "-"
    return "-"


def _row(workload, competitor, runs, figures):
    mine = [f for f in figures[competitor] if f is not None]
    wire = wires.WIRES.get(competitor.wire)
    if not mine:
        why = next((run["failed"].splitlines()[-1] for run in runs if "failed" in run), "not measured")
        return f"| {competitor.kind} | {competitor.wire} | - | - | - | - | - | {why} |"
    to_kernel = _pairwise(competitor, figures, contest.Competitor("kernel", "veth"))
    to_bare = _pairwise(competitor, figures, contest.Competitor("bare", competitor.wire.removesuffix("-offloads")))
    ratio = ["-" if r is None or competitor.kind != "pollen" else f"{r:.2f}" for r in (to_kernel, to_bare)]
    return (f"| {competitor.kind} | {competitor.wire} | {svg.median(mine):.3g} {workload.unit} | {min(mine):.3g} to {max(mine):.3g} "
            f"| {ratio[0]} | {ratio[1]} | {_congestion(runs) if competitor.kind != 'bare' else 'none'} | {wire.offloads if wire else ''} |")


def _tails(runs_of):
    rows = []
    for competitor, runs in runs_of.items():
        points = [run["result"]["end"]["latency"] for run in runs if "latency" in run.get("result", {}).get("end", {})]
        if points:
            medians = [svg.median([p[key] for p in points]) / 1000 for key in ("p50", "p99", "p99_9")]
            rows.append(f"| {competitor.kind} | {competitor.wire} | " + " | ".join(f"{m:.1f}" for m in medians) + " |")
    return ["", "Tails, us, medians of the runs:", "", "| who | wire | p50 | p99 | p99.9 |", "|---|---|---|---|---|", *rows] if rows else []


def _count(cells):
    return max((len(runs) for runs_of in cells.values() for runs in runs_of.values()), default=0)


def table(env, cells):
    """Markdown. cells: {(workload, lcores): {competitor: [run, ...]}}."""
    lines = [f"{env['cpu']}, {env['cpus']} CPUs, Linux {env['kernel']}, DPDK {env['dpdk']}, MTU {env['mtu']}, revision {env['revision']}, "
             f"{env['time']}. Median and range of {_count(cells)} runs, all in turns; ratios are medians of those of one turn. "
             "The kernel's congestion control is in its row.", ""]
    for (workload, lcores), runs_of in cells.items():
        figures = {c: [contest.figure(workload, run.get("result", {})) for run in runs] for c, runs in runs_of.items()}
        lines += [f"**{workload.name}**: {workload.title}; lcores each side: {lcores}", "",
                  "| who | wire | median | range | of the kernel's | of the bare frames' | congestion control | offloads |",
                  "|---|---|---|---|---|---|---|---|",
                  *(_row(workload, c, runs, figures) for c, runs in runs_of.items())]
        if workload.name == "latency":
            lines += _tails(runs_of)
        lines.append("")
    return "\n".join(lines)


def pictures(folder, cells, loads):
    for (workload, lcores), runs_of in cells.items():
        rows = [(c.name, [f for run in runs if (f := contest.figure(workload, run.get("result", {}))) is not None])
                for c, runs in runs_of.items()]
        (folder / f"{workload.name}-{lcores}.svg").write_text(svg.bars(f"{workload.name}: {workload.title}", workload.unit, rows))
    if loads:
        lines = [(f"{name} {key.replace('_', '.')}", [(rate, r["end"]["latency"][key] / 1000) for rate, r in points])
                 for name, points in loads.items() for key in ("p50", "p99", "p99_9")]
        (folder / "latency.svg").write_text(svg.curves("latency from the intended time, by load", ("requests/s", "us"), lines))
    if len({lcores for _, lcores in cells}) > 1:
        _scaling(folder, cells)


def _scaling(folder, cells):
    for workload in {workload for workload, _ in cells}:
        lines = {}
        for (w, lcores), runs_of in cells.items():
            for competitor, runs in runs_of.items():
                figures = [f for run in runs if (f := contest.figure(w, run.get("result", {}))) is not None]
                if w == workload and figures:
                    lines.setdefault(competitor.name, []).append((lcores, svg.median(figures)))
        (folder / f"scaling-{workload.name}.svg").write_text(
            svg.curves(f"{workload.name} by lcores each side", ("lcores", workload.unit), list(lines.items())))


def write(folder, env, cells, loads):
    folder.mkdir(parents=True, exist_ok=True)
    kept = [{"workload": workload.name, "lcores": lcores, "who": c.kind, "wire": c.wire, "runs": runs}
            for (workload, lcores), runs_of in cells.items() for c, runs in runs_of.items()]
    (folder / "results.json").write_text(json.dumps({"environment": env, "cells": kept, "loads": loads}, indent=1) + "\n")
    (folder / "table.md").write_text(table(env, cells))
    pictures(folder, cells, loads)
