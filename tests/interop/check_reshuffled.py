#!/usr/bin/python3
"""The lab knows no statement by its text: every SELECT that the product was seen to send answers
the same when its columns are reshuffled, its aliases changed, and white space and comments added.

The statements are taken from the wire, by a proxy, while the product runs; the answers are read
with a client that is not FreeTDS (python3-tds).
"""
import os
import random
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import client  # noqa: E402
import lab as support  # noqa: E402
from lab import Lab, expect  # noqa: E402
from proxy import proxied_ini, read_ini  # noqa: E402

SPACE = r"\s+|--[^\n]*|/\*.*?\*/"
TOKEN = re.compile(SPACE + r"""|N?'(?:[^']|'')*'|\[(?:[^\]]|\]\])*\]|[@\#A-Za-z_][\w@\#$]*
    |\d+(?:\.\d+)?|<=|>=|<>|!=|.""", re.X | re.S)


def tokens(text):
    return [t for t in TOKEN.findall(text) if not re.fullmatch(SPACE, t, re.S)]


def is_word(token, wanted):
    return token.upper() == wanted


def top_level(items):
    """(index, token) outside parentheses and CASE."""
    depth = 0
    for i, token in enumerate(items):
        if token == "(" or is_word(token, "CASE"):
            depth += 1
        elif token == ")" or (is_word(token, "END") and depth):
            depth -= 1
        elif depth == 0:
            yield i, token


def select_lists(items):
    """(start, end) of the select list of each top-level SELECT: one, or one for each UNION."""
    lists, start = [], None
    for i, token in top_level(items):
        if is_word(token, "SELECT"):
            start = i + 1
            if start < len(items) and is_word(items[start], "DISTINCT"):
                start += 1
            if start < len(items) and is_word(items[start], "TOP"):
                start += 1
                if items[start] == "(":
                    start = next(j for j in range(start, len(items)) if items[j] == ")") + 1
                else:
                    start += 1
        elif start is not None and token.upper() in ("FROM", "UNION", "WHERE", "ORDER", "OPTION"):
            lists.append((start, i))
            start = None
    if start is not None:
        lists.append((start, len(items)))
    return lists


def split_columns(items):
    columns, last = [], 0
    for i, token in top_level(items):
        if token == ",":
            columns.append(items[last:i])
            last = i + 1
    return columns + [items[last:]]


def join(items, chance):
    """The statement with other white space and comments between its tokens."""
    gaps = [" ", "  ", "\n", "\t", " /* a /* nested */ comment */ ", " -- to the end\n", "\r\n"]
    out = []
    for i, token in enumerate(items):
        tight = i > 0 and (items[i - 1] in (".", "@") or token == ".")
        out.append("" if i == 0 or tight else chance.choice(gaps))
        out.append(token)
    return "".join(out)


def renamed(column, new, renames):
    """The column with another alias: expr AS name becomes expr AS new."""
    if len(column) >= 3 and is_word(column[-2], "AS"):
        renames[column[-1]] = new
        return column[:-1] + [new]
    return column + ["AS", new]


def mutate(text, chance, names):
    """(text, order): column i of the mutant is column order[i] of the original; None where the
    statement is no single SELECT. names: the original's columns, for its *."""
    items = tokens(text)
    while items and items[-1] == ";":
        items.pop()
    lists = select_lists(items)
    if not lists or ";" in items or not items[0].upper() in ("SELECT", "WITH"):
        return None
    columns = [split_columns(items[a:b]) for a, b in lists]
    if columns[0][-1][-1] == "*":  # every column by its name, in another order
        columns = [[columns[0][-1][:-1] + [f"[{name}]"] for name in names]]
    order = list(range(len(columns[0])))
    chance.shuffle(order)
    renames, out, at = {}, [], 0
    for (start, end), branch in zip(lists, columns):
        out += items[at:start]
        for new, old in enumerate(order):
            out += ([","] if new else []) + renamed(branch[old], f"mutant_{new}", renames)
        at = end
    tail = items[at:]
    in_order = False
    for i, token in top_level(tail):
        in_order = in_order or is_word(token, "ORDER")
        if in_order and token in renames and (i == 0 or tail[i - 1] != "."):
            tail[i] = renames[token]
    return join(out + tail, chance), order


def connect(server, user, password):
    return client.connect(int(server["port"]), user=user, password=password, timeout=20)


def answer(connection, text):
    cursor = connection.cursor()
    cursor.execute(text)
    names = [column[0] for column in cursor.description]
    rows = cursor.fetchall()
    cursor.close()
    return names, rows


def seen_selects(lab):
    """{server: set of SELECT texts} of what the product sends while it reads and plans."""
    path = os.path.join(lab.directory, "proxied.ini")
    proxies = proxied_ini(lab.ini, path)
    for words in (("status",), ("plan", "--json")):
        done = lab.run(*words, config=path)
        expect(done.returncode == 0, done.stderr)
    for proxy in proxies.values():
        proxy.close()
    return {name: {b for b in proxy.batches
                   if tokens(b) and tokens(b)[0].upper() in ("SELECT", "WITH")}
            for name, proxy in proxies.items()}


# What changes from one reading to the next by itself: the clock, and who is connected.
VOLATILE = re.compile(r"GETUTCDATE|SYSUTCDATETIME|SYSDATETIME|GETDATE|dm_exec_|dm_tran_", re.I)


def check_one(connection, name, text, chance):
    """True; False where the statement is no single SELECT."""
    names, before = answer(connection, text)
    mutated = mutate(text, chance, names)
    if mutated is None:
        return False
    mutant, order = mutated
    _, after = answer(connection, mutant)
    expect(len(before) == len(after), f"{name}: {len(before)} rows became {len(after)}: {mutant}")
    if not VOLATILE.search(text):
        back = sorted(repr(tuple(row[i] for i in order)) for row in before)
        expect(back == sorted(repr(tuple(row)) for row in after), f"{name}: other values: {mutant}")
    return True


def every_select_of_the_product_answers_in_any_shape():
    chance = random.Random(1)
    checked, skipped = 0, []
    with Lab() as lab:
        selects = seen_selects(lab)
        servers = read_ini(lab.ini)
        for name, texts in selects.items():
            server = servers[f"server {name}"]
            with open(server["password_file"], encoding="utf-8") as file:
                password = file.readline().strip()
            connection = connect(server, server["user"], password)
            for text in sorted(texts):
                if check_one(connection, name, text, chance):
                    checked += 1
                else:
                    skipped.append(text)
            connection.close()
    print(f"  SELECTs in another shape: {checked}; not single SELECTs: {len(skipped)}")
    for text in skipped:
        print("   ", " ".join(text.split())[:150])
    expect(checked >= 20, "the product sends at least twenty different SELECTs")


if __name__ == "__main__":
    support.main([every_select_of_the_product_answers_in_any_shape])
