//! Links come back as they went, old ones stay readable, and nothing that can stand in an address does harm.

use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::*;
use crate::cluster::config::Verb;
use crate::lab::scenario::round_trip::{any_action, any_cluster, span};
use crate::lab::scenario::{Action, As, Cluster, Elected, Span, Step, TargetRef};

fn at(seconds: u64) -> Span {
    Span(SimDuration::from_secs(seconds))
}

fn bare(scenario: Scenario) -> Link {
    Link { scenario, now: None, place: None }
}

fn crash() -> Link {
    let leader = TargetRef::Leader { leader_of: Elected::KubeControllerManager, r#as: As::Host };
    let step = |seconds, action| Step { at: at(seconds), action };
    let script = vec![
        step(60, Action::On { verb: Verb::PowerOff, target: leader }),
        step(120, Action::On { verb: Verb::PowerOn, target: TargetRef::Name("master-1".to_owned()) }),
    ];
    bare(Scenario { seed: 7, script, until: at(180), ..Scenario::default() })
}

#[test]
fn links_of_version_1_stay_readable() {
    let check = |fragment: &str, expect: &Link| {
        assert_eq!(decode(fragment).as_ref().map_err(ToString::to_string), Ok(&Some(expect.clone())), "{fragment}");
    };
    let place = |lesson: &str, beat| Some(Place { lesson: lesson.to_owned(), beat });
    check("#1.e317mQ", &bare(Scenario::default()));
    check(GOLDEN_CRASH, &crash());
    check(GOLDEN_LESSON, &Link { now: Some(SimDuration::from_millis(75_250)), place: place("takeover", 3), ..crash() });
    let mut cluster = Cluster { masters: 5, workers: 0, load_balancer: None, ..Cluster::default() };
    (cluster.etcd.members, cluster.kubeconfig) = (5, "master-1".to_owned());
    let name = "多主高可用 \"HA\"".to_owned();
    check(GOLDEN_CLUSTER, &bare(Scenario { name, seed: u64::MAX, cluster, ..Scenario::default() }));
    check("#lesson/takeover", &Link { place: place("takeover", 0), ..bare(Scenario::default()) });
    check("lesson/takeover/3", &Link { place: place("takeover", 3), ..bare(Scenario::default()) });
}

const GOLDEN_CRASH: &str = "#1.gDFtMIalidGEMm0whqaIyDGQN5UzbTChPwc";
const GOLDEN_LESSON: &str = "#1.njOddGFrZW92ZXKfMW0xNS4yNXOBMW0whqWJ0YQybTCGpojIMZA3lTNtMKGKeg";
const GOLDEN_CLUSTER: &str = "#1.l9vcNX0s5izgLNk1LNowfSyaXHU1OTFhXHU0ZTNiXHU5YWQ4XHU1M2VmXHU3NTI4IFwiSEFcIqNzZWVkIjoxODQ0Njc0NDA3MzcwOTU1MTYxNX37NA";

#[test]
fn a_link_is_short() {
    let length = encode(&crash()).unwrap().len();
    assert!(length <= 40, "{length}");
}

#[test]
fn what_is_no_link_of_ours_is_left_alone() {
    for fragment in ["", "#", "#time", "#app", "time.1", "#-1.x", "#1x.y"] {
        assert_eq!(decode(fragment), Ok(None), "{fragment}");
    }
}

#[test]
fn a_damaged_link_says_what_is_wrong() {
    let check = |fragment: &str, expect: &str| {
        let said = decode(fragment).expect_err(fragment).to_string();
        assert!(said.contains(expect), "{fragment}: {said}");
    };
    let good = encode(&crash()).unwrap();
    for cut in 1..good.len() - 4 {
        check(&good[..good.len() - cut], "the whole link as it was copied");
    }
    check("#1.%7B%7D", "character 3 of the link: \"%\"; allowed: letters, digits, - and _");
    check("#1", "nothing after its version");
    check("#1.", "nothing after its version");
    check("#2.e30", "the link's version: 2; allowed: 1");
    check("#99999999999999999999999.e30", "the link's version");
    check(&format!("#1.{}", "A".repeat(MAX_LENGTH)), "at most 8192");
    check("#lesson/../x", "lower case letters");
    check("#lesson/", "lower case letters");
    check("#lesson/a/1000", "0 to 999");
    check("#lesson/a/b/c", "0 to 999");
}

#[test]
fn a_hostile_link_is_refused_before_anything_runs() {
    let check = |json: &str, expect: &str| {
        let said = decode(&forge(json)).expect_err(json).to_string();
        assert!(said.contains(expect), "{json}: {said}");
    };
    check("[]", "no JSON object");
    check(&"[".repeat(5_000), "recursion limit");
    check("{\"x\":1}", "x: unknown key");
    check("{\"cluster\":{\"workers\":6000}}", "cluster.workers: 6000 is out of range; allowed: 0 to 5000");
    check(
        "{\"cluster\":{\"deployments\":[{\"name\":\"a\",\"replicas\":10001}]}}",
        "10001 is out of range; allowed: 0 to 10000",
    );
    check("{\"until\":\"169h\"}", "until");
    check("{\"until\":\"60s\",\"now\":\"61s\"}", "now: \"61s\"; allowed: a duration from 0s to until, which is 1m");
    check("{\"now\":5}", "now: 5");
    check("{\"lesson\":\"<script>\"}", "lesson: \"<script>\"; allowed: lower case letters");
    check("{\"beat\":1}", "beat: 1 without a lesson");
    check("{\"lesson\":\"a\",\"beat\":-1}", "beat: -1; allowed: 0 to 999");
    check("{\"script\":[{\"at\":\"1s\",\"do\":\"kill\",\"target\":\"master-9/etcd\"}]}", "script[0].target");
    // Every byte of the shortest pieces once more: text that grows beyond its bounds.
    let mut bytes = vec![0x80 + 10; MAX_JSON / 30];
    bytes.extend(checksum(&bytes).to_be_bytes());
    assert!(dictionary::lengthen(&bytes[..bytes.len() - 2], MAX_JSON).is_none());
}

#[test]
fn a_session_that_does_not_fit_is_told_to_travel_as_a_file() {
    let step = |n: u64| Step {
        at: Span(SimDuration(n * 1_000_003)),
        action: Action::On { verb: Verb::Kill, target: TargetRef::Name(format!("master-1/{n:x}")) },
    };
    let script = (0..1_000).map(step).collect();
    let said = encode(&bare(Scenario { script, until: at(3_600), ..Scenario::default() })).unwrap_err().to_string();
    assert!(said.contains("at most 8192"), "{said}");
}

/// Guards links that were given away: what one may open does not depend on a guess at what it costs.
#[test]
fn how_long_a_run_is_does_not_decide_whether_it_has_a_link() {
    for until in [120, 80_000, 168 * 3_600] {
        let cluster = Cluster { workers: 5_000, ..Cluster::default() };
        let long = bare(Scenario { cluster, until: at(until), ..Scenario::default() });
        assert_eq!(decode(&encode(&long).unwrap()), Ok(Some(long)));
    }
}

#[test]
fn a_file_has_the_moment_and_the_place_and_any_scenario_is_one() {
    let link = Link {
        now: Some(SimDuration::from_secs(75)),
        place: Some(Place { lesson: "takeover".to_owned(), beat: 3 }),
        ..crash()
    };
    assert_eq!(from_file(&to_file(&link)), Ok(link));
    assert_eq!(from_file(&crash().scenario.to_json()), Ok(crash()));
    assert_eq!(from_file("{\"version\":1}"), Ok(bare(Scenario::default())));
    assert!(from_file("[1]").unwrap_err().to_string().contains("allowed: an object"));
    assert!(from_file("{\"version\":1,").unwrap_err().to_string().contains("cut short"));
}

/// The runs that `cargo fuzz` makes at length (`tests/fuzz`), shortly: damaged links, forged JSON and plain noise.
#[test]
fn twenty_thousand_bad_links_do_no_harm() {
    #[allow(clippy::disallowed_methods, reason = "the seed of a test, to repeat a failure")]
    let seed: u64 = std::env::var("HA_LAB_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_261_125);
    println!("HA_LAB_SEED={seed}");
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let links = [GOLDEN_CRASH, GOLDEN_LESSON, GOLDEN_CLUSTER, "#lesson/takeover/3"];
    let jsons = links[..3].iter().map(|link| minimal(&decode(link).unwrap().unwrap())).collect::<Vec<_>>();
    let (mut refused, mut read) = (0, 0);
    for case in 0..20_000 {
        let text = match case % 4 {
            0 | 1 => mutated(&mut random, links[case / 4 % links.len()].as_bytes()),
            2 => forge(&mutated(&mut random, jsons[case / 4 % 3].as_bytes())),
            _ => {
                (0..random.next_u32() % 200).map(|_| char::from_u32(random.next_u32() % 0x250).unwrap_or('?')).collect()
            }
        };
        match decode(&text) {
            Err(error) => {
                refused += 1;
                assert!(error.to_string().len() < 2_000, "{text}: {error}");
            }
            Ok(Some(link)) => {
                read += 1;
                // Whatever is accepted can be written and read again.
                let again = encode(&link).expect("within the bounds");
                assert_eq!(decode(&again), Ok(Some(link)), "{text}");
            }
            Ok(None) => {}
        }
    }
    assert!(refused > 8_000 && read > 100, "{refused} refused, {read} read");
}

fn mutated(random: &mut Pcg64Mcg, good: &[u8]) -> String {
    let mut bytes = good.to_vec();
    for _ in 0..=random.next_u32() % 3 {
        let at = random.next_u32() as usize % bytes.len();
        match random.next_u32() % 5 {
            0 => bytes[at] = random.next_u32() as u8,
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, b"0{}[],:\"-9_.~"[random.next_u32() as usize % 13]),
            3 => bytes.truncate(at.max(1)),
            _ => bytes[at] = bytes[at].wrapping_add(1),
        }
        if bytes.is_empty() {
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_is_encoded_is_decoded(
        name in "[^\\p{Cc}]{0,50}",
        seed: u64,
        cluster in any_cluster(),
        steps in proptest::collection::vec((span(600_000_000), any_action()), 0..10),
        now in proptest::option::of(span(599_000_000)),
        place in proptest::option::of(("[a-z][a-z0-9-]{0,20}", 0..=999_u32)),
    ) {
        let script = steps.into_iter().map(|(at, action)| Step { at, action }).collect();
        let scenario = Scenario { name, seed, cluster, script, until: at(600) };
        let place = place.map(|(lesson, beat)| Place { lesson, beat });
        let link = Link { scenario, now: now.map(|now| now.0), place };
        let fragment = encode(&link);
        prop_assert!(fragment.is_ok(), "{fragment:?}");
        let fragment = fragment.unwrap();
        prop_assert_eq!(decode(&fragment).map_err(|e| e.to_string()), Ok(Some(link.clone())), "{}", fragment);
        prop_assert_eq!(from_file(&to_file(&link)).map_err(|e| e.to_string()), Ok(link));
    }

    #[test]
    fn a_single_changed_character_is_noticed(at in 3..40_usize, by in 1..64_usize) {
        let good = GOLDEN_CRASH;
        let at = at.min(good.len() - 1);
        let digit = DIGITS.iter().position(|digit| *digit == good.as_bytes()[at]).unwrap();
        let mut bad = good.as_bytes().to_vec();
        bad[at] = DIGITS[(digit + by) % 64];
        let bad = String::from_utf8(bad).unwrap();
        prop_assert!(decode(&bad).is_err(), "{bad}");
    }
}
