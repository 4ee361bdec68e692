//! Figures over time, for charts: pods that are wanted and that answer, and what each API server was asked.
//!
//! A sample is taken at the first event of each simulated second, so it is the same however the run is cut into pieces,
//! and it changes nothing in the world. The series is bounded: when it is full, two points become one and each stands
//! for twice the time. Snapshots share all of it but the newest points.

use std::rc::Rc;

use crate::sim::{SimDuration, SimTime};

/// How often a sample is taken.
const EVERY: SimDuration = SimDuration::from_secs(1);
/// The most points of a series.
pub(crate) const POINTS: usize = 1_200;
/// Points that lie together in memory; snapshots share what is full.
const CHUNK: usize = 60;
/// Numbers of a point before those of the servers.
const PODS: usize = 2;

/// The figures of one moment; the counts of each server are totals since the start.
pub(crate) struct Sample {
    /// Pods that the deployments ask for.
    pub(crate) desired: u32,
    /// Pods that run and answer.
    pub(crate) ready: u32,
    /// Requests and errors of each API server, in the order of the topology.
    pub(crate) servers: Vec<(u64, u64)>,
}

/// The figures of one span, as numbers in a row: pods desired (at its end), pods ready (the fewest in it), then for
/// each API server the requests that it got and those that it answered with 5xx or 429.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point<'a>(&'a [u32]);

impl Point<'_> {
    /// Returns the number of pods that the Deployments wanted at its end.
    pub(crate) fn desired(&self) -> u32 {
        self.0[0]
    }

    /// Returns the fewest pods that ran and answered.
    pub(crate) fn ready(&self) -> u32 {
        self.0[1]
    }

    /// Requests and errors of the server at this place.
    pub(crate) fn server(&self, at: usize) -> (u32, u32) {
        (self.0[PODS + 2 * at], self.0[PODS + 2 * at + 1])
    }
}

/// Figures of a run over time, one sample a second, merged as the run grows.
#[derive(Clone, Debug)]
pub(crate) struct Samples {
    servers: usize,
    due: SimTime,
    /// How many samples make a point.
    merge: usize,
    /// The number of samples in the unfinished point, and the point.
    open: (usize, Vec<u32>),
    /// All full but the last.
    chunks: Vec<Rc<Vec<u32>>>,
    /// The totals of the last sample.
    totals: Vec<(u64, u64)>,
}

impl Samples {
    /// No samples yet, for this number of API servers.
    pub(crate) fn new(servers: usize) -> Self {
        let open = (0, Vec::new());
        Samples {
            servers,
            due: SimTime::ZERO + EVERY,
            merge: 1,
            open,
            chunks: Vec::new(),
            totals: vec![(0, 0); servers],
        }
    }

    /// When the next sample is to be taken.
    pub(crate) fn due(&self) -> SimTime {
        self.due
    }

    /// Returns the span of a point: point `n` ends at `n + 1` times this.
    pub(crate) fn every(&self) -> SimDuration {
        EVERY.scale(self.merge as u64, 1)
    }

    /// Returns the number of elements.
    pub(crate) fn len(&self) -> usize {
        let full = self.chunks.len().saturating_sub(1) * CHUNK;
        full + self.chunks.last().map_or(0, |chunk| chunk.len() / self.width())
    }

    /// Oldest first.
    pub(crate) fn points(&self) -> impl Iterator<Item = Point<'_>> {
        self.chunks.iter().flat_map(|chunk| chunk.chunks_exact(self.width())).map(Point)
    }

    fn width(&self) -> usize {
        PODS + 2 * self.servers
    }

    /// Takes a sample in, for each second that has begun since the last.
    pub(crate) fn take(&mut self, now: SimTime, sample: &Sample) {
        while self.due <= now {
            self.due += EVERY;
            let row = self.row(sample);
            self.add(&row);
        }
    }

    fn row(&mut self, sample: &Sample) -> Vec<u32> {
        let mut row = vec![sample.desired, sample.ready];
        for (total, now) in self.totals.iter_mut().zip(&sample.servers) {
            row.push(now.0.saturating_sub(total.0) as u32);
            row.push(now.1.saturating_sub(total.1) as u32);
            *total = *now;
        }
        row
    }

    fn add(&mut self, row: &[u32]) {
        let (samples, open) = &mut self.open;
        if open.is_empty() {
            open.extend_from_slice(row);
        } else {
            merge(open, row);
        }
        *samples += 1;
        if *samples < self.merge {
            return;
        }
        let point = std::mem::take(open);
        *samples = 0;
        self.push(&point);
        if self.len() >= POINTS {
            self.thin();
        }
    }

    fn push(&mut self, point: &[u32]) {
        let full = CHUNK * self.width();
        match self.chunks.last_mut() {
            Some(chunk) if chunk.len() < full => Rc::make_mut(chunk).extend_from_slice(point),
            _ => self.chunks.push(Rc::new(point.to_vec())),
        }
    }

    /// Two points become one.
    fn thin(&mut self) {
        let width = self.width();
        let old = std::mem::take(&mut self.chunks);
        self.merge *= 2;
        // A chunk has an even number of points, so no pair lies in two.
        for pair in old.iter().flat_map(|chunk| chunk.chunks_exact(2 * width)) {
            let mut point = pair[..width].to_vec();
            merge(&mut point, &pair[width..]);
            self.push(&point);
        }
    }
}

/// The later point joins the earlier one.
fn merge(point: &mut [u32], later: &[u32]) {
    point[0] = later[0];
    point[1] = point[1].min(later[1]);
    for (sum, more) in point.iter_mut().zip(later).skip(PODS) {
        *sum += more;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Cluster;
    use crate::cluster::config::{Act, Config, Target, Verb};

    fn sampled(seconds: u64) -> Samples {
        let mut samples = Samples::new(1);
        for s in 1..=seconds {
            let ready = if s == 7 { 0 } else { 4 };
            samples.take(SimTime(s * 1_000_000), &Sample { desired: 4, ready, servers: vec![(s * 10, s / 7)] });
        }
        samples
    }

    #[test]
    fn each_second_is_a_point_with_what_happened_in_it() {
        let samples = sampled(10);
        assert_eq!((samples.len(), samples.every()), (10, SimDuration::from_secs(1)));
        let points: Vec<_> = samples.points().map(|p| (p.ready(), p.server(0))).collect();
        assert_eq!(points[5..8], [(4, (10, 0)), (0, (10, 1)), (4, (10, 0))]);
    }

    #[test]
    fn a_long_run_is_thinned_and_loses_neither_requests_nor_a_short_outage() {
        for seconds in [POINTS as u64 - 1, POINTS as u64, 5_000, 90_000] {
            let samples = sampled(seconds);
            assert!(samples.len() < POINTS, "{seconds} s: {} points", samples.len());
            let every = samples.every().0 / 1_000_000;
            assert_eq!(samples.len() as u64, seconds / every, "{seconds} s: no second is in two points or in none");
            let requests: u64 = samples.points().map(|p| u64::from(p.server(0).0)).sum();
            assert_eq!(requests, seconds / every * every * 10, "{seconds} s");
            assert_eq!(samples.points().map(|p| p.ready()).min(), Some(0), "{seconds} s");
        }
    }

    #[test]
    fn seconds_without_an_event_are_points_too() {
        let mut samples = Samples::new(1);
        samples.take(SimTime(4_200_000), &Sample { desired: 1, ready: 1, servers: vec![(8, 0)] });
        let points: Vec<_> = samples.points().map(|p| p.server(0).0).collect();
        assert_eq!((points, samples.due()), (vec![8, 0, 0, 0], SimTime(5_000_000)));
    }

    fn cluster() -> Cluster {
        Cluster::new(&Config::default())
    }

    #[test]
    fn the_series_is_the_same_however_the_run_is_cut_into_pieces() {
        let (mut whole, mut cut) = (cluster(), cluster());
        whole.run_until(SimTime(40_000_000));
        for ms in (7..=40_000).step_by(7).chain([40_000]) {
            cut.run_until(SimTime(ms * 1000));
        }
        assert!(whole.samples().points().eq(cut.samples().points()));
        assert!(whole.samples().points().last().is_some_and(|p| p.ready() == p.desired() && p.ready() > 0));
    }

    #[test]
    fn a_restart_counts_nothing_twice_and_nothing_is_lost() {
        let mut cluster = cluster();
        cluster.run_until(SimTime(40_000_000));
        cluster
            .apply(&Act::On(Verb::Kill, Target::Process { host: "master-1".into(), name: "kube-apiserver".into() }))
            .expect("it runs");
        cluster.run_until(SimTime(90_000_000));
        let second = cluster.samples().due();
        while cluster.samples().due() == second {
            cluster.run_until(cluster.now() + SimDuration::from_micros(1));
        }
        // The second has just been sampled, so no request is in the totals alone.
        let totals: Vec<u64> = cluster.requests().api_servers.iter().map(|(_, requests)| *requests).collect();
        let sums: Vec<u64> =
            (0..3).map(|at| cluster.samples().points().map(|point| u64::from(point.server(at).0)).sum()).collect();
        assert_eq!(sums, totals);
        for host in ["master-2", "master-3"] {
            cluster.apply(&Act::On(Verb::PowerOff, Target::Host(host.into()))).expect("it is on");
        }
        cluster.run_until(SimTime(150_000_000));
        let errors: u32 = cluster.samples().points().map(|p| (0..3).map(|at| p.server(at).1).sum::<u32>()).sum();
        assert!(errors > 0, "without a majority of etcd writes end with 504");
    }
}
