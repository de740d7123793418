//! What every request passes on its way to a route and its answer on its way out: the log, admission and the guard,
//! and what others may keep of the answer.
//!
//! They are one layer of the router. Each as a layer of its own would copy every request into a box of its own, which
//! together costs a tenth of a lookup.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::access_log::{self, Log};
use super::admission::{self, Admission, is_lookup};
use super::guard::{self, Guard};
use super::kept;

/// What stands between the network and the routes, from the outside in.
#[derive(Debug)]
pub(super) struct Entrance {
    pub(super) log: Log,
    pub(super) admission: Admission,
    pub(super) guard: Arc<Guard>,
}

/// Takes a request through all of it.
pub(super) async fn pass(State(entrance): State<Arc<Entrance>>, request: Request, next: Next) -> Response {
    let varies = kept::varies_by(request.uri().path());
    let mut answer = let_in(&entrance, request, next).await;
    kept::mark(varies, &mut answer);
    answer
}

async fn let_in(entrance: &Entrance, request: Request, next: Next) -> Response {
    let Entrance { log, admission, guard } = entrance;
    if admission.is_full() && is_lookup(request.uri().path()) {
        return log.tell_to_come_again(admission, &request);
    }
    let checked = |request| guard::check(guard, request, |request| next.run(request));
    let admitted = |request| admission::admit(admission, request, checked);
    access_log::observe(log, request, admitted).await
}
