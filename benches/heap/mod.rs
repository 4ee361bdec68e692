//! Counts the allocated bytes. Unlike the memory that the process takes from the system, the figure is the same in every run.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, with a count.
pub struct Counting;

// SAFETY: every call is passed on unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(live, Relaxed);
        // SAFETY: the caller guarantees it.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller guarantees it.
        unsafe { System.dealloc(ptr, layout) }
    }
}

/// Returns the megabytes that are allocated now.
pub fn live() -> f64 {
    LIVE.load(Relaxed) as f64 / 1e6
}

/// Returns the peak of allocated megabytes since the last call.
pub fn peak() -> f64 {
    PEAK.swap(LIVE.load(Relaxed), Relaxed) as f64 / 1e6
}
