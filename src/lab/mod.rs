//! What a learner does with a cluster: scenarios, runs, reports.
