//! Over all clusters and stage sizes: cards hold what is in them, never meet, and stay inside.

use super::*;

/// What stands before the API servers of a test's cluster.
pub(crate) fn shape_of(masters: usize, members: usize, workers: usize, balancers: usize) -> Shape {
    let host = |name: String, kind, processes: &[&str]| HostShape {
        name: name.into(),
        kind,
        processes: processes.iter().map(|p| (*p).into()).collect(),
    };
    let all = ["kubelet", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"];
    let mut hosts = vec![
        host("laptop".into(), HostKind::Laptop, &["kubectl"]),
        host("app-user".into(), HostKind::AppUser, &["browser"]),
    ];
    let proxies = ["haproxy", "keepalived"];
    let balancer = |n: usize| host(format!("lb-{n}"), HostKind::LoadBalancer, &proxies[..balancers]);
    hosts.extend((1..=balancers).map(balancer));
    let own = if members == 0 { &all[..] } else { &all[..4] };
    hosts.extend((1..=masters).map(|n| host(format!("master-{n}"), HostKind::Master, own)));
    hosts.extend((1..=members).map(|n| host(format!("etcd-{n}"), HostKind::Etcd, &["etcd"])));
    hosts.extend((1..=workers).map(|n| host(format!("worker-{n}"), HostKind::Worker, &["kubelet", "kube-proxy"])));
    Shape { hosts, waiting: false, kubeconfig: None }
}

pub(crate) fn shape(masters: usize, members: usize, workers: usize) -> Shape {
    shape_of(masters, members, workers, 1)
}

/// Stage sizes: a phone, a tablet, a projector, a desk.
pub(crate) const SIZES: [(f64, f64); 9] = [
    (300.0, 500.0),
    (338.0, 500.0),
    (520.0, 560.0),
    (640.0, 560.0),
    (768.0, 560.0),
    (932.0, 374.0),
    (1092.0, 540.0),
    (1280.0, 700.0),
    (1600.0, 900.0),
];

/// Every kind of cluster that a scenario can describe: masters, members (0 is stacked), workers, load balancers.
pub(crate) fn clusters() -> Vec<Shape> {
    let mut shapes = vec![];
    for masters in 1..=7 {
        for members in 0..=7 {
            for balancers in 0..=2 {
                shapes.push(shape_of(masters, members, 3, balancers));
            }
        }
    }
    for workers in [0, 1, 3, 6, 7, 12, 30, 40, 41, 100, 101, 500, 5_000] {
        shapes.push(shape(3, 0, workers));
        shapes.push(Shape { waiting: true, ..shape_of(7, 5, workers, 2) });
    }
    shapes
}

fn check(shape: &Shape, w: f64, h: f64) {
    let layout = layout(shape, w, h);
    let what = format!("{} hosts at {w}x{h}", shape.hosts.len());
    let all = Rect { x: 0.0, y: 0.0, w: layout.w, h: layout.h };
    assert!((layout.w - w).abs() < 0.5, "{what}: never wider than the stage");
    for host in &shape.hosts {
        assert!(layout.card_of(&host.name).is_some(), "{what}: {} has a card", host.name);
    }
    let mut cards: Vec<(&str, Rect)> = layout.hosts.iter().map(|(name, at)| (&**name, at.rect)).collect();
    cards.extend(layout.waiting.map(|rect| ("waiting", rect)));
    for (n, (name, rect)) in cards.iter().enumerate() {
        assert!(all.holds(rect), "{what}: {name} leaves the picture: {rect:?}");
        for (other, second) in &cards[n + 1..] {
            assert!(!rect.meets(second), "{what}: {name} meets {other}");
        }
    }
    for (name, host) in &layout.hosts {
        let rows: Vec<_> = host.rows.iter().collect();
        for (n, (process, row)) in rows.iter().enumerate() {
            assert!(host.rect.holds(row), "{what}: {name}/{process} leaves its card: {row:?} in {:?}", host.rect);
            assert!(row.h >= 16.0 && row.w >= 40.0, "{what}: {name}/{process} is {} x {}", row.w, row.h);
            for (other, second) in &rows[n + 1..] {
                let edge = matches!(host.kind, HostKind::Laptop | HostKind::AppUser);
                assert!(edge || !row.meets(second), "{what}: {name}: {process} meets {other}");
            }
        }
        let tail = host.tail;
        assert!(tail == Rect::default() || host.rect.holds(&tail), "{what}: {name}: {tail:?} leaves {:?}", host.rect);
        if layout.form == Form::Narrow {
            let low = host.rows.values().map(|row| row.h).fold(host.rect.h, f64::min);
            assert!(low >= 32.0, "{what}: {name} is {low} high, too little for a finger");
            assert!(host.rect.w >= 44.0, "{what}: {name} is {} wide", host.rect.w);
        }
    }
}

#[test]
fn cards_hold_their_rows_and_never_meet() {
    for shape in clusters() {
        for (w, h) in SIZES {
            check(&shape, w, h);
        }
    }
}

#[test]
fn common_clusters_fit_a_projector_without_scrolling() {
    for (what, shape) in [
        ("default", shape(3, 0, 3)),
        ("external etcd", shape(3, 3, 3)),
        ("two load balancers", shape_of(3, 0, 3, 2)),
        ("seven masters", shape(7, 0, 3)),
        ("pods wait", Shape { waiting: true, ..shape(3, 0, 3) }),
    ] {
        let h = layout(&shape, 932.0, 384.0).h;
        assert!(h < 384.5, "{what}: {h}");
    }
    assert!(layout(&shape(3, 0, 3), 940.0, 374.0).h < 374.5);
}

#[test]
fn names_of_two_load_balancers_processes_are_not_cut() {
    for (w, h) in [(932.0, 384.0), (1092.0, 540.0)] {
        let layout = layout(&shape_of(3, 0, 3, 2), w, h);
        for (process, row) in &layout.hosts["lb-2"].rows {
            let needs = 22.0 + process.chars().count() as f64 * 11.0 * 0.61;
            assert!(row.w >= needs, "{process}: {} px of {needs}", row.w);
        }
    }
}

#[test]
fn a_grouped_worker_is_found_in_its_group() {
    let layout = layout(&shape(3, 0, 500), 932.0, 384.0);
    let Workers::Groups(groups) = &layout.workers else { panic!("500 workers are grouped") };
    assert_eq!(groups.iter().map(|group| group.last + 1 - group.first).sum::<usize>(), 500);
    for n in [1, 50, 51, 500] {
        let at = layout.card_of(&format!("worker-{n}")).expect("every worker has a card");
        assert!(groups.iter().any(|group| group.name == at.name && group.holds(n)), "{n}: {}", at.name);
    }
    assert!(layout.card_of("worker-501").is_none());
}
