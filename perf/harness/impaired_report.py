# SPDX-License-Identifier: BSD-3-Clause
"""What was measured over the wire: JSON, a table, pictures."""

import json

from . import cells, line, svg

LEAST, SHARE = 0.95, (0.4, 0.6)  # of the kernel's goodput; of a bottleneck shared with a flow of the kernel's


def figures(run):
    return [cells.goodput(result) for result in run.get("results", [])]


def share(run):
    """Of the first of two flows."""
    both = [figure or 0 for figure in figures(run)]
    return both[0] / sum(both) if len(both) == 2 and sum(both) > 0 else None


def of(runs, cell, contest):
    """{turn: figure}"""
    found = {}
    for run in runs:
        if run["cell"] == cell.name and run["contest"] == contest and "failed" not in run:
            figure = share(run) if cell.kind == "share" else (figures(run) or [None])[0]
            if figure is not None:
                found[run["turn"]] = figure
    return found


def ratio(ours, kernel):
    """Of medians; None: there is none."""
    return svg.median(ours.values()) / svg.median(kernel.values()) if ours and kernel else None


def _spread(found, digits=3):
    values = list(found.values())
    return f"{svg.median(values):.{digits}g} ({min(values):.{digits}g} to {max(values):.{digits}g})" if values else "-"


def _marked(value, good):
    return "-" if value is None else f"{value:.3f}" + ("" if good else " **")


def _trouble(runs, cell):
    mine = [run for run in runs if run["cell"] == cell.name]
    failed, late = sum("failed" in run for run in mine), sum(bool(run["disturbed"]) for run in mine)
    return ", ".join(f"{count} {what}" for count, what in ((failed, "failed"), (late, "with a late wire")) if count) or "-"


def _goodput_rows(runs, chosen):
    for cell in chosen:
        kernel, send, receive = (of(runs, cell, contest) for contest in cells.CONTESTS["goodput"])
        ratios = [_marked(r, r is not None and r >= LEAST) for r in (ratio(send, kernel), ratio(receive, kernel))]
        yield (f"| {cell.name} | {cell.queue} | {_spread(kernel)} | {_spread(send)} | {ratios[0]} | {_spread(receive)} | {ratios[1]} "
               f"| {_trouble(runs, cell)} |")


def _share_rows(runs, chosen):
    for cell in chosen:
        kernel, ours = (of(runs, cell, contest) for contest in cells.CONTESTS["share"])
        middle = svg.median(ours.values()) if ours else None
        good = middle is not None and SHARE[0] <= middle <= SHARE[1]
        yield f"| {cell.name} | {cell.queue} | {_marked(middle, good)} | {_spread(ours, 2)} | {_spread(kernel, 2)} | {_trouble(runs, cell)} |"


def table(env, runs, chosen):
    seconds = sorted({run["seconds"] for run in runs})
    rounds = max((run["turn"] + 1 for run in runs), default=0)
    lines = [f"{env['cpu']}, {env['cpus']} CPUs, Linux {env['kernel']}, DPDK {env['dpdk']}, MTU {env['mtu']}, revision {env['revision']}, "
             f"{env['time']}. {' and '.join(f'{s:g}' for s in seconds)} s a run, {rounds} rounds; one connection, CUBIC at both ends.",
             f"Kernel: {', '.join(f'{key}={value}' for key, value in line.SYSCTLS.items())}; {', '.join(line.OFFLOADS)} off. "
             f"Ours: rcvbuf_max and sndbuf_max {cells.OURS}, adaptive polling. Medians and ranges, Mbit/s; ratios are of medians; ** is missed.", ""]
    goodput = [cell for cell in chosen if cell.kind == "goodput"]
    shares = [cell for cell in chosen if cell.kind == "share"]
    if goodput:
        lines += ["| cell | queue | kernel to kernel | ours to kernel | ratio | kernel to ours | ratio | trouble |", "|---|---|---|---|---|---|---|---|",
                  *_goodput_rows(runs, goodput), ""]
    if shares:
        lines += ["| cell | queue | share of ours beside the kernel's | range | of the kernel's beside its like | trouble |", "|---|---|---|---|---|---|",
                  *_share_rows(runs, shares), ""]
    return "\n".join(lines)


def pictures(folder, runs, chosen):
    kinds = (("send", "goodput", "ours to kernel over kernel to kernel"), ("receive", "goodput", "kernel to ours over kernel to kernel"),
             ("ours-beside-kernel", "share", "share of ours beside a flow of the kernel's"))
    for contest, kind, title in kinds:
        rows = []
        for cell in (c for c in chosen if c.kind == kind):
            found = of(runs, cell, contest)
            kernel = of(runs, cell, "kernel")
            rows.append((cell.name, list(found.values()) if kind == "share" else [found[t] / kernel[t] for t in found if t in kernel]))
        if any(values for _, values in rows):
            (folder / f"{contest}.svg").write_text(svg.bars(title, "", rows))


def write(folder, env, runs, chosen):
    (folder / "results.json").write_text(json.dumps({"environment": env, "runs": runs}, indent=1) + "\n")
    (folder / "table.md").write_text(table(env, runs, chosen))
    pictures(folder, runs, chosen)


def missed(runs, chosen):
    """Names of the cells that are not what they must be."""
    for cell in chosen:
        if cell.kind == "share":
            ours = of(runs, cell, "ours-beside-kernel")
            if not ours or not SHARE[0] <= svg.median(ours.values()) <= SHARE[1]:
                yield cell.name
            continue
        kernel = of(runs, cell, "kernel")
        for contest in ("send", "receive"):
            if (ratio(of(runs, cell, contest), kernel) or 0) < LEAST:
                yield f"{cell.name} ({contest})"
