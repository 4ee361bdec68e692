//! Every link of every cluster has a way that crosses no card.

use super::*;
use crate::ui::topology::cables::links;
use crate::ui::topology::layout::layout;
use crate::ui::topology::layout::tests::{SIZES, clusters, shape};

/// No way may leave the picture or run through a card that is not one of its ends.
fn check(way: &Route, layout: &Layout, from: &str, to: &str, what: &str) {
    let ends = [from, to].map(|target| layout.card_of(target.split('/').next().unwrap_or_default()));
    for ends_of_part in way.points.windows(2) {
        let (a, b) = (ends_of_part[0], ends_of_part[1]);
        assert!(
            (a.0 - b.0).abs() < 0.6 || (a.1 - b.1).abs() < 0.6 || layout.form == Form::Narrow,
            "{from} -> {to}: {a:?} to {b:?} is not straight, {what}"
        );
        for (x, y) in [a, b] {
            assert!((0.0..=layout.w).contains(&x) && (0.0..=layout.h).contains(&y), "{from} -> {to} leaves {what}");
        }
        let line = Rect { x: a.0.min(b.0), y: a.1.min(b.1), w: (a.0 - b.0).abs(), h: (a.1 - b.1).abs() };
        for host in layout.hosts.values() {
            let own = ends.iter().flatten().any(|end| Rc::ptr_eq(end, host));
            let r = host.rect;
            let core = Rect { x: r.x + 1.0, y: r.y + 1.0, w: r.w - 2.0, h: r.h - 2.0 };
            let hit =
                line.x < core.right() && line.right() > core.x && line.y < core.bottom() && line.bottom() > core.y;
            assert!(own || !hit, "{from} -> {to} runs through {}, {what}", host.name);
        }
    }
}

#[test]
fn every_link_has_a_way_within_the_picture_that_avoids_other_cards() {
    for shape in clusters() {
        for (w, h) in SIZES {
            let layout = layout(&shape, w, h);
            let what = format!("{} hosts at {w}x{h}", shape.hosts.len());
            for link in links(&shape) {
                let way = route(&layout, &link.from, &link.to).expect("both ends are drawn");
                check(&way, &layout, &link.from, &link.to, &what);
            }
        }
    }
}

#[test]
fn the_way_back_is_the_way_there_reversed() {
    let shape = shape(3, 0, 3);
    let layout = layout(&shape, 1100.0, 560.0);
    let there = route(&layout, "lb-1/haproxy", "master-1/kube-apiserver").unwrap();
    let mut back = route(&layout, "master-1/kube-apiserver", "lb-1/haproxy").unwrap();
    back.points.reverse();
    assert_eq!(there.points, back.points);
    assert!(route(&layout, "nobody/x", "lb-1/haproxy").is_none());
}

#[test]
fn messages_within_a_group_of_workers_are_seen_to_move() {
    let layout = layout(&shape(3, 0, 500), 932.0, 384.0);
    let way = route(&layout, "worker-1/kube-proxy", "worker-2").unwrap();
    assert!(way.distance(way.at(0.5)) < 0.1 && way.points.len() == 4);
    let other = route(&layout, "worker-1/kube-proxy", "worker-499").unwrap();
    assert_ne!(way.at(1.0), other.at(1.0));
}

#[test]
fn a_point_is_as_far_from_a_way_as_from_its_nearest_stretch() {
    let way = Route::new(vec![(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)]);
    for (p, far) in [((5.0, 3.0), 3.0), ((13.0, 14.0), 5.0), ((10.0, 4.0), 0.0)] {
        assert!((way.distance(p) - far).abs() < 1e-9, "{p:?}");
    }
    let way = Route::new(vec![(0.0, 0.0), (40.0, 0.0), (40.0, 40.0)]);
    let (before, edge) = way.arrival(&Rect { x: 20.0, y: 30.0, w: 40.0, h: 40.0 });
    assert!((edge.1 - 30.0).abs() < 1.5 && (before.1 - 21.0).abs() < 1.5, "{before:?}, {edge:?}");
}
