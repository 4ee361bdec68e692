//! Errors in a lesson name the line, what was found, and what is allowed.

use ha_lab::lab::lesson;

const FRONT: &str = "---\nid: a\ntitle: A\nabout: B\n---\n";

/// Lines after the front matter (five lines) and the heading of a beat (line six).
fn check(body: &str, expected: &str) {
    check_whole(&format!("{FRONT}## A {{#a}}\n{body}"), expected);
}

fn check_whole(text: &str, expected: &str) {
    let found = lesson::read(text).map_or_else(|error| error.to_string(), |_| "no error".to_owned());
    assert!(found.starts_with(expected), "\nfound:    {found}\nexpected: {expected}\nin:\n{text}");
}

#[test]
fn front_matter() {
    let rows = [
        ("", "line 1: no front matter; allowed: ---, then id, title, about, seed, cluster, then ---"),
        ("---\nid: a\n", "line 2: the front matter does not end; allowed: ---"),
        (
            "---\nid: a\ntitel: A\n---\n",
            "line 3: \"titel\" is not known here; allowed: id, title, about, seed, cluster",
        ),
        ("---\nid: a\nid: b\n---\n", "line 3: id is there twice; allowed: once"),
        ("---\nid: A b\ntitle: A\nabout: B\n---\n", "line 2: \"A b\" is not an id; allowed: a-z, 0-9 and -"),
        ("---\nid: a\nabout: B\n---\n", "line 1: title is missing; allowed: title: and 1 to 120 characters"),
        ("---\nid: a\ntitle:\nabout: B\n---\n", "line 3: title is empty or too long; allowed: 1 to 120 characters"),
        (
            "---\nid: a\nseed: x\ntitle: A\nabout: B\n---\n",
            "line 3: \"x\" is not a seed; allowed: a whole number from 0",
        ),
        (
            "---\nid: a\ncluster: {\"masters\": 9}\ntitle: A\nabout: B\n---\n",
            "line 3: cluster.masters: 9 is out of range; allowed: 1 to 7",
        ),
        ("---\nid: a\ntitle: A\nabout: B\n---\n", "line 5: no beats; allowed: at least one ## Title {#id}"),
    ];
    for (text, expected) in rows {
        check_whole(text, expected);
    }
    check_whole(&"x".repeat(lesson::MAX_FILE + 1), "line 1: 65537 bytes; allowed: at most 64 KiB");
}

#[test]
fn beats() {
    let keywords = "claims, setup, wait, predict, diagnose, do, repair, check, measure, then, precisely";
    let rows = [
        ("", "line 6: the beat is empty; allowed: text, and any of the blocks"),
        ("### B", "line 7: \"### B\" is not the heading of a beat; allowed: ## Title {#id}"),
        ("Text.\n## B", "line 8: the heading has no id; allowed: ## Title {#id}, with an id of a-z, 0-9 and -"),
        ("Text.\n## B {#a}", "line 8: there is a beat \"a\" above; allowed: each id once"),
        ("Text.\n## R {#recap}\n- x\n## B {#b}", "line 10: a beat after the recap; allowed: the recap is the last"),
        ("Text.\n## R {#recap}\nx", "line 9: text in the recap; allowed: lines that begin with \"- \""),
        ("claims: C24", "line 7: \"C24\" is not a claim; allowed: C1 to C23"),
        ("- x", "line 7: a line with a dash; allowed: the choices of predict: or diagnose:, and the recap"),
        ("  x", "line 7: an indented line that belongs to nothing; allowed: text at the margin"),
        ("Text.\nsetup: fresh", "line 8: setup: after a part of the beat; allowed: before all others"),
        ("setup: stale", "line 7: \"stale\" is not known here; allowed: fresh, fresh {...}, act:, run:, until:"),
        ("setup: fresh {\"masters\": 0}", "line 7: cluster.masters: 0 is out of range; allowed: 1 to 7"),
        ("setup:\n  run: 5", "line 8: \"5\" is not a duration"),
        ("setup: run 2h", "line 7: run: 2h0m0s; allowed: at most 1h0m0s in the setup of a beat, all run: together"),
        ("setup:\n  run: 40m\n  fresh\n  run: 30m", "line 10: run: 30m0s; allowed: at most 1h0m0s in the setup"),
        ("setup: run 2000000h", "line 7: run: 2000000h0m0s; allowed: at most 1h0m0s"),
        ("wait: x\n  when: quorum is yes\n  within: 2h", "line 9: 2h0m0s is out of range; allowed: up to 1h0m0s"),
        ("wait: x\n  until: quorum is yes", "line 8: \"until\" is not known here; allowed: when, within, or text"),
        ("wait: x\n", "line 7: something is missing; allowed: at least one indented when:"),
        ("wait:\n  when: quorum is yes", "line 7: it has no text"),
        ("do: x\n  act: heal\n", "line 7: something is missing; allowed: at least one indented done:"),
        ("do: x\n  done: cuts is 0\n\nText.", "line 7: something is missing; allowed: at least one indented act:"),
        ("predict: x\n- a\n  when: cuts is 0\n  b", "line 7: fewer than two choices; allowed: 2 to 6 lines"),
        ("predict: x\n  when: cuts is 0", "line 8: \"when\" is not known here; allowed: when (of a choice), or text"),
        ("predict: x\n- a\n  why\n- b\n  why", "line 8: something is missing; allowed: at least one indented when:"),
        (
            "predict: x\n- a\n  when: cuts is 0\n- b\n  when: cuts is 1\n  why",
            "line 8: something is missing; allowed: at least one indented text that says why it is right or wrong",
        ),
        ("measure: x", "line 7: no =; allowed: measure: NAME = MEASURE"),
        ("measure: power = cuts", "line 7: \"power\" is not allowed as a name"),
        ("measure: x = cuts\nmeasure: x = cuts", "line 8: \"x\" is measured above; allowed: each name once"),
    ];
    for (body, expected) in rows {
        check(body, expected);
    }
    check("chek: x", &format!("line 7: \"chek\" is not known here; allowed: {keywords}, or text"));
    check_whole(&format!("{FRONT}Text."), "line 6: nothing may stand before the first beat; allowed: ## Title {#id}");
    let many: String = (0..31).map(|n| format!("## B {{#b{n}}}\nText.\n")).collect();
    check_whole(&format!("{FRONT}{many}"), "line 66: more than 30 beats");
    check(&"then: x\n".repeat(42), "line 48: more than 40 parts in a beat");
    let choice = "- a\n  when: cuts is 0\n  b\n";
    check(&format!("predict: x\n{}", choice.repeat(7)), "line 26: more than 6 choices");
}

#[test]
fn markup() {
    let rows = [
        ("a **b", "line 7: \"**\" is opened and not closed; allowed: **...**, or \\**"),
        ("a `b", "line 7: \"`\" is opened and not closed"),
        ("a {cuts", "line 7: \"{\" is opened and not closed"),
        ("a {}", "line 7: nothing between { and }"),
        ("a [b]", "line 7: [b] is not followed by (#term); allowed: [word](#term), or \\["),
        ("a [b](#B)", "line 7: \"B\" is not the name of a term; allowed: a-z, 0-9 and -"),
        ("a {quorm}", "line 7: \"quorm\" is not a measure (did you mean quorum?); allowed: power, off-for, state,"),
        ("a \\* \\[ \\{ *b* **c** `d` [e](#f) {cuts} `{reading}`", "no error"),
        ("a {first}\n\nmeasure: first = cuts", "line 7: \"first\" is not a measure; allowed: power,"),
        ("Precisely: a word with a capital is text", "no error"),
        ("<!-- a note to oneself -->\nText.", "no error"),
    ];
    for (body, expected) in rows {
        check(body, expected);
    }
    check(&"x".repeat(1_001), "line 7: a paragraph of 1001 bytes; allowed: at most 1000");
}

#[test]
fn conditions() {
    let components = "kube-controller-manager, kube-scheduler";
    let rows = [
        ("quorum", "the line ends too early; allowed: is, is not"),
        ("quorum is maybe", "\"maybe\" is not known here; allowed: yes, no"),
        ("quorum > 1", "\">\" cannot compare this; allowed: is, is not"),
        ("cuts is 0 xor cuts is 1", "\"xor\" after a comparison; allowed: and, or, the end of the line"),
        ("cuts >= few", "\"few\" is not a number; allowed: a whole number, or a name from a measure: line"),
        ("cuts in 1-2", "\"1-2\"; allowed: FROM..TO"),
        ("elapsed >= 5", "\"5\" is not a duration"),
        (
            "power master-9 is on",
            "\"master-9\" is not a host of this cluster; allowed: laptop, app-user, lb-1, master-1,",
        ),
        ("power master-1/etcd is on", "master-1/etcd is a process; allowed: a host"),
        ("power pod(web) is on", "pod(web) is a pod; allowed: a host"),
        ("state master-1 is running", "master-1 is no process; allowed: HOST/NAME, such as master-1/etcd"),
        ("state master-1/haproxy is running", "master-1 has no process called \"haproxy\"; allowed: kubelet,"),
        (
            "leader kubelet is nobody",
            "\"kubelet\" is not known here; allowed: kube-controller-manager, kube-scheduler, etcd",
        ),
        ("power chief(etcd) is on", "\"chief\" is not known here; allowed: leader(ROLE), was(ROLE)"),
        ("power was(etcd is on", "\"was(etcd\" has no closing )"),
        ("power worker-of(api) is on", "\"api\" is not a deployment of this cluster; allowed: web"),
        ("power kept(x) is on", "nothing called \"x\" was measured before"),
        ("typed kubectl >= 1", "kubectl is not in quotes; allowed: text in quotes"),
        ("typed \"kubectl >= 1", "a \" is opened and not closed"),
        ("flag master-1/etcd name is \"x\"", "\"name\" is not a flag; allowed: a flag such as --leader-elect"),
        ("leader etcd is master-1 and leader etcd is not nobody or etcd-members in 1..3", "no error"),
    ];
    for (condition, expected) in rows {
        let expected = if expected == "no error" { expected.to_owned() } else { format!("line 8: {expected}") };
        check(&format!("wait: x\n  when: {condition}"), &expected);
    }
    check(
        "wait: x\n  when: takeovers etcd >= 1",
        &format!("line 8: \"etcd\" is not known here; allowed: {components}"),
    );
    let long = format!("wait: x\n  when: {}", ["cuts is 0"; 50].join(" or "));
    check(&long, "line 8: a condition of");
}

#[test]
fn acts() {
    let rows = [
        ("explode master-1", "\"explode\" is not an act; allowed: power-off, power-on, kill,"),
        ("power-off master-1/etcd", "master-1/etcd is a process; allowed: a host"),
        ("kill master-1", "master-1 is no process"),
        ("delete-pod worker-1", "worker-1 is not a pod; allowed: pod(DEPLOYMENT)"),
        ("power-off", "the line ends too early; allowed: a host, a process or a pod"),
        ("power-off master-1 now", "\"now\" is one word too many"),
        ("type ls", "\"ls\": command not found; this laptop has kubectl and etcdctl"),
        ("type kubectl frobnicate", "frobnicate"),
        ("flags master-1/etcd --name=x", "--name of etcd cannot be changed in the lab"),
        ("flags master-1/kube-scheduler", "no flag; allowed: --name=value"),
        ("timings 15s 10s", "the line ends too early; allowed: lease, renew and retry, such as 15s 10s 2s"),
        ("reading mine", "\"mine\" is not known here; allowed: lecture, client-go"),
    ];
    for (act, expected) in rows {
        let text = format!("{FRONT}## A {{#a}}\ndo: x\n  act: {act}\n  done: cuts is 0");
        let found = lesson::read(&text).map_or_else(|error| error.to_string(), |_| "no error".to_owned());
        assert!(found.starts_with("line 8: ") && found.contains(expected), "{act}: {found}");
    }
}

/// Names are those of the beat's own cluster.
#[test]
fn each_beat_knows_its_cluster() {
    let body = |setup: &str| format!("{setup}wait: x\n  when: state etcd-1/etcd is running");
    check(&body(""), "line 8: \"etcd-1\" is not a host of this cluster");
    check(&body("setup: fresh {\"etcd\": {\"topology\": \"external\"}}\n"), "no error");
}

/// Any file is either read or refused, without a panic.
#[test]
fn no_file_breaks_the_reader() {
    let source = super::text("en/05-lease.md");
    for step in [7, 13, 31] {
        for cut in (0..source.len()).step_by(step * 17) {
            let Some(head) = source.get(..cut) else { continue };
            let _ = lesson::read(head);
            let Some(tail) = source.get(cut..) else { continue };
            let _ = lesson::read(tail);
            let _ = lesson::read(&format!("{head}{{{tail}"));
            let _ = lesson::read(&format!("{head}\n  :{tail}"));
        }
    }
}
