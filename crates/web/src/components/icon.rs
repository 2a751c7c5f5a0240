//! Pictures that stand beside words; screen readers pass over them.

use leptos::prelude::*;

/// A picture of 24 by 24, drawn with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
    /// To the list.
    Back,
    /// Away with it.
    Close,
    /// Two sheets.
    Copy,
    /// To the newest.
    Down,
    /// A link of a chain.
    Link,
    /// A clock: not sent yet.
    Clock,
    /// One tick.
    Tick,
    /// Two ticks.
    Ticks,
    /// Something is wrong.
    Warning,
    /// A paper plane.
    Send,
    /// Sliders.
    Settings,
    /// An arrow out of a box.
    Share,
    /// A closed lock.
    Lock,
    /// Three points: more.
    More,
    /// An arrow back to what was said.
    Reply,
    /// A pencil.
    Edit,
    /// A basket.
    Delete,
    /// A letter i.
    Info,
    /// An hourglass: it will be deleted.
    Timer,
    /// A plus.
    Plus,
    /// A magnifying glass.
    Search,
    /// Corners around something to be scanned.
    Scan,
    /// Two people.
    People,
    /// A shield with a tick.
    Shield,
    /// A circle that is struck through.
    Block,
    /// A picture.
    Picture,
    /// An arrow to the right.
    Forward,
    /// A printer.
    Print,
    /// A paper clip.
    Attach,
    /// A camera.
    Camera,
    /// A sheet of paper with a folded corner.
    Sheet,
    /// An arrow into a tray.
    Save,
    /// Three bars.
    Chart,
}

impl Icon {
    fn path(self) -> &'static str {
        match self {
            Self::Back => "M15 5l-7 7 7 7",
            Self::Close => "M6 6l12 12M18 6L6 18",
            Self::Copy => "M9 9h10v11H9zM5 15V4h10",
            Self::Down => "M12 5v14M6 13l6 6 6-6",
            Self::Link => {
                "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1.2 1.2M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1.2-1.2"
            }
            Self::Clock => "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 8v4.5l3 2",
            Self::Tick => "M5 13l4.5 4.5L19 7",
            Self::Ticks => "M2 13l4.5 4.5L16 7M11.5 16.5l1 1L22 7",
            Self::Warning => "M12 4.5L21 20H3zM12 10v4.5M12 17.2v.3",
            Self::Send => "M4 12l16-7-6 15-3-6.5zM11 13.5L20 5",
            Self::Settings => "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5v5M9 14.5v5",
            Self::Share => "M12 15V4M8 7.5L12 4l4 3.5M6 12v8h12v-8",
            Self::More => "M12 5.5v.01M12 12v.01M12 18.500v.01",
            Self::Reply => "M9 7l-5 5 5 5M4.500 12H14a6 6 0 0 1 6 6",
            Self::Edit => "M5 19l1-4L16.500 4.500l3 3L9 18zM14 7l3 3",
            Self::Delete => "M5 7h14M9.500 7V4.500h5V7M7 7l1 13h8l1-13M10.500 11v5.500M13.500 11v5.500",
            Self::Info => "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 11v5M12 8v.01",
            Self::Timer => "M7 4h10M7 20h10M8 4v3.500l4 4.500 4-4.500V4M8 20v-3.500l4-4.500 4 4.500V20",
            Self::Plus => "M12 5v14M5 12h14",
            Self::Lock => "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3",
            Self::Search => "M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13M15.500 15.500L20 20",
            Self::Scan => "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5M8 12h8",
            Self::People => {
                "M9 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M3 19c0-3.500 2.500-5.500 6-5.500s6 2 6 5.500M15.500 5.200a3 3 0 0 1 0 5.600M17 13.800c2.500.7 4 2.500 4 5.200"
            }
            Self::Shield => {
                "M12 3.500l7 2.500v5.500c0 4.500-3 7.500-7 9-4-1.500-7-4.500-7-9V6zM8.500 12l2.500 2.500 4.500-5"
            }
            Self::Block => "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M6.500 6.500l11 11",
            Self::Picture => "M4 5h16v14H4zM4 16l5-5 4 4 2.500-2.500L20 17M15.500 8.500v.1",
            Self::Print => "M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z",
            Self::Forward => "M9 5l7 7-7 7",
            Self::Attach => {
                "M19.500 11.500l-7.600 7.600a4.600 4.600 0 0 1-6.500-6.500l8.200-8.200a3 3 0 0 1 4.300 4.300l-8.100 8.100a1.500 1.500 0 0 1-2.100-2.100l7.100-7.100"
            }
            Self::Camera => {
                "M4 8h3.500L9 5.500h6L16.500 8H20v11H4zM12 16.500a3.300 3.300 0 1 0 0-6.600 3.300 3.300 0 0 0 0 6.600"
            }
            Self::Sheet => "M6 3.500h8l4.500 4.500v12.500H6zM14 3.500V8h4.500",
            Self::Chart => "M6 20v-6M12 20V5M18 20v-9",
            Self::Save => "M12 4v10.500M7.500 10.500L12 15l4.500-4.500M5 16v4h14v-4",
        }
    }
}

/// Draws an icon in the colour of the text around it.
pub(crate) fn icon(icon: Icon) -> AnyView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=icon.path()></path>
        </svg>
    }
    .into_any()
}

/// The envelope with its seal.
pub(crate) fn envelope() -> AnyView {
    view! {
        <svg class="envelope" viewBox="0 0 96 72" aria-hidden="true" focusable="false">
            <rect class="envelope-paper" x="2" y="6" width="92" height="64" rx="5"></rect>
            <path class="envelope-fold" d="M3 68l36-31M93 68L57 37"></path>
            <path class="envelope-flap" d="M3 9l41 36a6 6 0 0 0 8 0l41-36"></path>
            <path
                class="envelope-seal"
                d="M48 27c3 0 4 2.500 6.500 3.600s5 .9 6.200 3.400-.6 4.400-.4 7.200 1.700 4.900 0 7-4.200 1.500-6.500 3-3.400 3.600-6 3.400-3.600-2.600-6-3.800-5-.7-6.400-3 .5-4.500.4-7.200-1.900-4.800-.3-7.100 4.300-1.600 6.500-2.900 3-3.600 6-3.600z"
            ></path>
            <path class="envelope-mark" d="M44.500 34.500v13M52.500 34.500l-7.500 6.500 7.500 6.500"></path>
        </svg>
    }
    .into_any()
}
