//! The page's own icons: 16 by 16, in the colour of the text around them. They are hidden from screen readers, as there is
//! always a label beside them.

use yew::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Icon {
    Play,
    Pause,
    Step,
    Power,
    Skull,
    Stop,
    Snow,
    Signal,
    Crown,
    Moon,
    Sun,
    Close,
    Back,
    Check,
    Cross,
    Laptop,
    Person,
    Servers,
    Election,
    Database,
    Split,
    Cube,
    Api,
    Hand,
    Bulb,
    Link,
    Out,
    StepBack,
    Undo,
    Redo,
    Fork,
    Up,
    Down,
    More,
    Cable,
}

impl Icon {
    /// Returns the filled paths, and the stroked ones.
    fn paths(self) -> (&'static str, &'static str) {
        match self {
            Self::Play => ("M4.5 2.6v10.8a.6.6 0 0 0 .92.5l8.2-5.4a.6.6 0 0 0 0-1l-8.2-5.4a.6.6 0 0 0-.92.5z", ""),
            Self::Pause => ("M4 2.5h2.8v11H4zM9.2 2.5H12v11H9.2z", ""),
            Self::Step => ("M3 3v10l7-5zM11 3h2v10h-2z", ""),
            Self::StepBack => ("M13 3v10L6 8zM3 3h2v10H3z", ""),
            Self::Undo => ("", "M5.4 2.4 2 5.8l3.4 3.4M2.2 5.8h7.3a4.1 4.1 0 0 1 0 8.2H5.4"),
            Self::Redo => ("", "M10.6 2.4 14 5.8l-3.4 3.4M13.8 5.8H6.5a4.1 4.1 0 0 0 0 8.2h4.1"),
            Self::Fork => ("", "M3 13V3M3 9c0-3 4-1.5 7.5-4.5M7.6 3.6l3.2.6-.8 3.2"),
            Self::Up => ("", "M3.6 10 8 5.6l4.4 4.4"),
            Self::Down => ("", "M3.6 6 8 10.4 12.4 6"),
            Self::More => (
                "M3 6.8a1.2 1.2 0 1 1 0 2.4 1.2 1.2 0 0 1 0-2.4zM8 6.8a1.2 1.2 0 1 1 0 2.4 1.2 1.2 0 0 1 0-2.4zM13 6.8a1.2 1.2 0 1 1 0 2.4 1.2 1.2 0 0 1 0-2.4z",
                "",
            ),
            Self::Power => ("", "M8 2v5.4M4.6 4.1a5.2 5.2 0 1 0 6.8 0"),
            Self::Skull => (
                "",
                "M5.2 12.2V11C3.6 10.2 2.5 8.8 2.5 7a5.5 5.5 0 0 1 11 0c0 1.8-1.1 3.2-2.7 4v1.2c0 .7-.5 1.3-1.2 1.3H6.4c-.7 0-1.2-.6-1.2-1.3zM6 7.4v.2M10 7.4v.2M8 11v2",
            ),
            Self::Stop => ("M3.5 4.5a1 1 0 0 1 1-1h7a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-7a1 1 0 0 1-1-1z", ""),
            Self::Snow => ("", "M8 1.8v12.4M2.6 4.9l10.8 6.2M13.4 4.9 2.6 11.1M6.3 3 8 4.4 9.7 3M6.3 13 8 11.6 9.7 13"),
            Self::Signal => ("", "M8 2v7M4.8 6 8 9.2 11.2 6M3 13.2h10"),
            Self::Crown => ("M1.8 12.6V4.4l3.5 3L8 2.8l2.7 4.6 3.5-3v8.2z", ""),
            Self::Moon => ("M13.4 10.2A6 6 0 0 1 5.8 2.6a6 6 0 1 0 7.6 7.6z", ""),
            Self::Sun => (
                "M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6z",
                "M8 1.2v1.6M8 13.2v1.6M1.2 8h1.6M13.2 8h1.6M3.2 3.2l1.1 1.1M11.7 11.7l1.1 1.1M12.8 3.2l-1.1 1.1M4.3 11.7l-1.1 1.1",
            ),
            Self::Close => ("", "M3.8 3.8l8.4 8.4M12.2 3.8l-8.4 8.4"),
            Self::Back => ("", "M9.8 3.4 5.2 8l4.6 4.6"),
            Self::Check => ("", "M3 8.6 6.4 12 13 4.6"),
            Self::Cross => ("", "M4 4l8 8M12 4l-8 8"),
            Self::Laptop => ("", "M3.2 3.5h9.6v7H3.2zM1.2 13h13.6"),
            Self::Person => {
                ("", "M8 2.4a2.7 2.7 0 1 1 0 5.4 2.7 2.7 0 0 1 0-5.4zM2.8 13.8c.5-2.6 2.6-4 5.2-4s4.7 1.4 5.2 4")
            }
            Self::Servers => ("", "M2.5 2.5h11v4.4h-11zM2.5 9.1h11v4.4h-11zM5 4.7h.1M5 11.3h.1"),
            Self::Election => ("M2.5 12.2V5.2l3 2.5L8 3.6l2.5 4.1 3-2.5v7z", ""),
            Self::Database => (
                "",
                "M2.8 4c0-1.2 2.3-2 5.2-2s5.2.8 5.2 2-2.3 2-5.2 2-5.2-.8-5.2-2zM2.8 4v8c0 1.2 2.3 2 5.2 2s5.2-.8 5.2-2V4M2.8 8c0 1.2 2.3 2 5.2 2s5.2-.8 5.2-2",
            ),
            Self::Split => ("", "M2 8h4.5l3-4H14M6.5 8l3 4H14M12.2 2.4 14 4l-1.8 1.6M12.2 10.4 14 12l-1.8 1.6"),
            Self::Cube => ("", "M8 1.8l5.6 3v6.4L8 14.2l-5.6-3V4.8zM2.4 4.8 8 7.8l5.6-3M8 7.8v6.4"),
            Self::Api => ("", "M5.4 3.2 1.8 8l3.6 4.8M10.6 3.2 14.2 8l-3.6 4.8"),
            Self::Link => (
                "",
                "M6.6 9.4a2.9 2.9 0 0 0 4.1 0l2.2-2.2a2.9 2.9 0 0 0-4.1-4.1L7.9 4M9.4 6.6a2.9 2.9 0 0 0-4.1 0L3.1 8.8a2.9 2.9 0 0 0 4.1 4.1l.9-.9",
            ),
            Self::Out => ("", "M6.5 3H3v10h10V9.5M9.5 3H13v3.5M13 3 7.5 8.5"),
            Self::Hand => (
                "",
                "M5.2 8.4V3.6a1 1 0 0 1 2 0v3.6V2.6a1 1 0 0 1 2 0v4.6V3.8a1 1 0 0 1 2 0v5.4c0 3-1.4 4.8-4 4.8-2 0-2.9-.9-3.8-2.6L2.2 9.2c-.5-1 .8-1.7 1.5-.9z",
            ),
            Self::Cable => (
                "",
                "M3.4 2.2v3.2M6.6 2.2v3.2M2.2 5.4h5.6v1.8A2.8 2.8 0 0 1 5 10v1.4a2.4 2.4 0 0 0 2.4 2.4h3.8a2.4 2.4 0 0 0 2.4-2.4V2.4",
            ),
            Self::Bulb => {
                ("", "M5.6 10.4C4.4 9.6 3.6 8.3 3.6 6.8a4.4 4.4 0 0 1 8.8 0c0 1.5-.8 2.8-2 3.6v1.4H5.6zM6.4 14h3.2")
            }
        }
    }
}

/// Draws the icon as a separate picture.
pub(crate) fn icon(which: Icon) -> Html {
    html! {
        <svg class="icon" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" focusable="false">{ shapes(which) }</svg>
    }
}

/// Draws the icon within another drawing, `size` px wide, with its middle at (x, y).
pub(crate) fn icon_at(which: Icon, x: f64, y: f64, size: f64) -> Html {
    let scale = size / 16.0;
    let transform = format!("translate({:.1} {:.1}) scale({scale:.3})", x - size / 2.0, y - size / 2.0);
    html! { <g class="icon" transform={transform}>{ shapes(which) }</g> }
}

fn shapes(which: Icon) -> Html {
    let (fill, stroke) = which.paths();
    html! {
        <>
            if !fill.is_empty() { <path class="icon-fill" d={fill} /> }
            if !stroke.is_empty() { <path class="icon-line" d={stroke} /> }
        </>
    }
}

/// Draws the page's mark: three peers, one with the crown.
pub(crate) fn mark() -> Html {
    html! {
        <svg class="mark" width="28" height="28" viewBox="0 0 28 28" aria-hidden="true" focusable="false">
            <rect class="mark-ground" x="1" y="1" width="26" height="26" rx="8" />
            <path class="mark-crown" d="M9.2 11.4V6.2l2.5 2.1L14 5l2.3 3.3 2.5-2.1v5.2z" />
            <g class="mark-peers">
                <rect x="4.6" y="15.5" width="5" height="7" rx="1.6" />
                <rect x="11.5" y="13.4" width="5" height="9.1" rx="1.6" />
                <rect x="18.4" y="15.5" width="5" height="7" rx="1.6" />
            </g>
        </svg>
    }
}
