# SPDX-License-Identifier: BSD-3-Clause
"""Shows Doxygen the comments of a public header as documentation: what a file opens with describes the file, a comment
before a declaration describes that, one behind a field belongs to it, and to each of several fields on one line."""

import re
import sys

FIELDS = re.compile(r"^(\s*)((?:const |struct |enum |unsigned )*\w+ )([\w\[\]]+(?:, [\w\[\]]+)+); (/\*\*< .*)$")


def main():
    text = open(sys.argv[1], encoding="utf-8").read()
    text = re.sub(r"\A/\* SPDX.*?\*/\n/\*", "/** @file\n *", text)
    text = re.sub(r"^(.*[^\s*/].*?)([ \t]+)/\* ", r"\1\2/**< ", text, flags=re.M)
    text = re.sub(r"^([ \t]*)/\*(?=[ \n])", r"\1/**", text, flags=re.M)
    for line in text.split("\n"):
        fields = FIELDS.match(re.sub(r";\s+/", "; /", line))
        if fields:
            indent, kind, names, comment = fields.groups()
            print(" ".join(f"{indent}{kind}{name}; {comment}" for name in names.split(", ")))
        else:
            print(line)


main()
