//! What is read of each kind of component, written down as a whole.

use super::*;
