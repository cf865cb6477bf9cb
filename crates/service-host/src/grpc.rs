//! The gRPC port: what every call goes through before and after its handler, and how the port opens and closes.

mod answer;
mod call;
mod context;
mod layer;
mod limits;
mod serve;
mod surface;

pub use context::{RequestContext, context};
pub use layer::{Calls, GrpcLayer};
pub use serve::{Settings, serve};
pub use surface::{Health, surface};
