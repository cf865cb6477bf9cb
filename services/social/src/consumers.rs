//! What the service makes of what users did.

mod forget;
mod note;

pub(crate) use forget::Forget;
pub(crate) use note::Note;
