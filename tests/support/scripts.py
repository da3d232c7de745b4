"""Running the script method's files with the tools that people have: tsql and bsqldb."""
import json
import os
import re
import subprocess

from lab import expect
from proxy import read_ini


def write_scripts(lab, name="scripts", *words):
    """stopmark script into a directory of the lab's; its path."""
    directory = os.path.join(lab.directory, name)
    plan = json.loads(lab.run("plan", *words, "--json").stdout)
    lab.scripted.update((d["server"], d["database"]) for d in plan["databases"])
    done = lab.run("script", *words, "--output", directory)
    expect(done.returncode == 0, (done.returncode, done.stderr))
    return directory


def run_script(lab, path, server, tool="tsql"):
    """Everything that the tool prints."""
    section = read_ini(lab.ini)[f"server {server}"]
    with open(section["restore_password_file"], encoding="utf-8") as file:
        password = file.readline().strip()
    environment = dict(lab.environment(), TDSVER="7.4")
    login = ["-U", section["restore_user"], "-P", password]
    if tool == "tsql":
        command = ["tsql", "-o", "q", "-H", "127.0.0.1", "-p", section["port"], *login]
    else:
        conf = os.path.join(lab.directory, "freetds.conf")
        with open(conf, "w", encoding="utf-8") as file:
            file.write(f"[lab]\nhost = 127.0.0.1\nport = {section['port']}\ntds version = 7.4\n"
                       "client charset = UTF-8\n")
        environment["FREETDSCONF"] = conf
        command = [tool, "-S", "lab", *login]
    with open(path, encoding="utf-8") as file:
        done = subprocess.run(command, stdin=file, capture_output=True, text=True, timeout=120,
                              env=environment, check=False)
    return done.stdout + done.stderr


def code_in(text):
    """The code that a first script printed; None where it printed none."""
    found = re.search(r"\b[0-9A-F]{4}(-[0-9A-F]{4}){3}\b", text)
    return found[0] if found else None


def fill_in(path, codes):
    """Writes the codes into a second script's lines, by the server names behind them."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for server, code in codes.items():
        text, count = re.subn(rf"N''([,;]) -- {re.escape(server)}$", rf"N'{code}'\1 -- {server}",
                              text, flags=re.M)
        expect(count == 1, f"one line for {server}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
