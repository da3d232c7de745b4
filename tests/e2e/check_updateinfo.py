#!/usr/bin/python3
"""stopmark updateinfo: made from the running lab and from what was last seen, checked, validated."""
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import lab as support  # noqa: E402
from lab import Lab, ROOT, expect  # noqa: E402

ALL = {"BizTalkMgmtDb", "BizTalkMsgBoxDb", "BizTalkDTADb", "SSODB", "BAMPrimaryImport",
       "BAMAlertsApplication", "BAMAlertsNSMain", "BizTalkRuleEngineDb", "ContosoOrders",
       "BizTalkMsgBoxDb2", "BAMStarSchema", "BAMArchive", "BAMAnalysis", "BizTalkAnalysisDb"}
SCHEMA = os.path.join(ROOT, "man", "schema", "updateinfo.rng")


def databases(text):
    """The databases as they stand in it, once for each place; the units that repeat one apart."""
    root = ElementTree.fromstring(text.encode())
    names = [e.get("oldDBName") for e in root.iter() if e.get("oldDBName")]
    for unit in root.iter("DeploymentUnit"):
        if unit.get("Name") not in ("OldPrimaryImportDatabase", "Alert"):
            names += [p.text for p in unit if p.get("Name") == "DatabaseName"]
    return names


def validates(path):
    done = subprocess.run(["xmllint", "--noout", "--nonet", "--relaxng", SCHEMA, path],
                          capture_output=True, text=True, check=False)
    expect(done.returncode == 0, done.stderr)


def make(lab, name="update.xml"):
    path = os.path.join(lab.directory, name)
    done = lab.run("updateinfo", "--output", path)
    expect(done.returncode == 0, done.stderr)
    return path, done


def the_file_validates_and_holds_every_database_of_the_estate_once():
    with Lab() as lab:
        path, done = make(lab)
        validates(path)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        names = databases(text)
        expect(set(names) == ALL and len(names) == len(ALL), names)
        expect("14 databases" in done.stdout, done.stdout)
        for computer in ("BTS01", "BTS02"):
            expect(re.search(computer + r":\n +cscript UpdateRegistry.vbs update.xml", done.stdout),
                   done.stdout)
        expect(done.stdout.count("UpdateDatabase.vbs update.xml") == 1, done.stdout)
        printed = lab.run("updateinfo")
        expect(printed.returncode == 0 and set(databases(printed.stdout)) == ALL, printed.stderr)
        checked = lab.run("updateinfo", "--check", path)
        expect(checked.returncode == 0 and "0 errors, 0 warnings" in checked.stdout,
               checked.stdout)


def planted_mistakes_are_found_by_the_command():
    with Lab() as lab:
        path, _ = make(lab)
        with open(path, encoding="utf-8") as file:
            good = file.read()
        mistakes = [
            ('newDBServer="DRSQL1"', 'newDBServer="DestinationServer"', "placeholder"),
            ('newDBName="BAMAlertsApplication"', 'newDBName=" BAMAlertsApplication"', "blanks"),
            ('oldDBName="BizTalkMsgBoxDb2"', 'oldDBName="BizTalkMgmtDb"',
             "names the management database"),
            ('IsMaster="1"', 'IsMaster="0"', "0 MessageBoxDB lines"),
            ('newDBServer="DRSQL2"', 'newDBServer="NOWHERE"', "no server of this group"),
            ('<Database Name="ContosoOrders" oldDBName="ContosoOrders"',
             '<Database Name="ContosoOrders" oldDBName="Forgotten"', "ContosoOrders on SQLA is missing"),
            ("</UpdateConfiguration>", "", "no XML"),
        ]
        for before, after, words in mistakes:
            expect(before in good, before)
            with open(path, "w", encoding="utf-8") as file:
                file.write(good.replace(before, after, 1))
            done = lab.run("updateinfo", "--check", path)
            expect(done.returncode == 1 and words in done.stdout, (words, done.stdout))
            expect("cscript" not in done.stdout, "no command lines for a wrong file")
        done = lab.run("updateinfo", "--check", os.path.join(lab.directory, "no such file"))
        expect(done.returncode == 1 and "cannot be read" in done.stderr, done.stderr)
        done = lab.run("updateinfo", "--check", path, "--output", path)
        expect(done.returncode == 2, done.stderr)


def with_the_sources_dead_it_is_made_from_what_was_last_seen():
    with Lab() as lab:
        lab.json("status")  # keeps the views
        lab.sources_die()
        path, done = make(lab)
        validates(path)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        expect(set(databases(text)) == ALL, databases(text))
        expect("as it was last seen" in text, text[:300])
        expect("as last seen" in done.stderr, done.stderr)


def a_console_that_never_saw_the_sources_says_so():
    with Lab() as lab:
        lab.sources(False)
        done = lab.run("updateinfo")
        expect(done.returncode == 4 and "never read" in done.stderr, (done.returncode, done.stderr))


support.main([the_file_validates_and_holds_every_database_of_the_estate_once,
              planted_mistakes_are_found_by_the_command,
              with_the_sources_dead_it_is_made_from_what_was_last_seen,
              a_console_that_never_saw_the_sources_says_so])
