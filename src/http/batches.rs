//! `POST /v1/batches`, `GET /v1/batches`, `GET /v1/batches/{n}` and `GET /v1/changes`: the ledger over HTTP.

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use headers::HeaderMapExt;
use headers_accept::Accept;
use http_body_util::BodyExt;
use mediatype::MediaType;
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use utoipa::{IntoParams, ToSchema};

use super::Problem;
use super::admission::Questions;
use super::parameters::{NoParameters, Parameters};
use crate::batch::{Counts, Header, Input, Report};
use crate::desk::{Caller, Desk, ImportOptions};
use crate::ledger::{BatchRecord, ChangeRecord};
use crate::progress::Silent;
use crate::{Error, Result};

/// Bytes of a batch sent over HTTP at most.
const BATCH_BYTES_MAX: u64 = 1 << 30;
/// How long a client may take to send the next piece of a batch.
const PIECE_WAIT: Duration = Duration::from_secs(30);
/// How long a client may take to send the whole of it.
const BATCH_WAIT: Duration = Duration::from_secs(15 * 60);
/// How long a batch waits for the one before it, and for another process that writes.
const TURN_WAIT: Duration = Duration::from_secs(5);
/// Batches that come in or wait at most.
pub(super) const UPLOADS_MAX: usize = 8;
/// Pieces of a batch held until they are written.
const PIECES_HELD_MAX: usize = 8;
/// Batches listed in one answer: without a `limit`, and at most.
const BATCHES_LISTED: (usize, usize) = (100, 1_000);
/// Changes told in one answer: without a `limit`, and at most.
const CHANGES_TOLD: (u64, u64) = (1_000, 10_000);
/// The types a batch may be sent as. None of them can be sent from another site's page without being asked first.
const BATCH_TYPES: [&str; 8] = [
    "application/x-ndjson",
    "application/octet-stream",
    "application/gzip",
    "application/zstd",
    "application/json",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "text/csv",
    "text/tab-separated-values",
];
/// The header that says up to which seq an answer without a body of its own shape holds.
const SEQ: HeaderName = HeaderName::from_static("chahao-seq");
/// The header that says by which hash the ledger is known at that seq.
const CHAIN: HeaderName = HeaderName::from_static("chahao-chain");
/// The header that says behind which batch to go on.
const NEXT: HeaderName = HeaderName::from_static("chahao-next");
/// One value of JSON a line.
const NDJSON: &str = "application/x-ndjson";
const JSON: &str = "application/json";

/// Whether batches are taken, and how many at once.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) open: bool,
    /// The turn of the one that is applied.
    pub(super) turn: Arc<Semaphore>,
    /// Places of those that come in, or wait for their turn.
    pub(super) uploads: Semaphore,
}

impl Door {
    /// The turn of a batch, once the one before it is done with; not for long, for its client waits too.
    async fn turn(&self) -> Result<OwnedSemaphorePermit, Problem> {
        match tokio::time::timeout(TURN_WAIT, Arc::clone(&self.turn).acquire_owned()).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(being_applied()),
        }
    }
}

fn too_many() -> Problem {
    let detail = format!("{UPLOADS_MAX} batches are being sent; send this one again in a moment");
    let status = StatusCode::SERVICE_UNAVAILABLE;
    Problem::new(status, "urn:chahao:batch-under-way", "Other batches are being sent", detail)
}

fn being_applied() -> Problem {
    let detail = "another batch is being applied; send this one again in a moment".to_owned();
    let status = StatusCode::SERVICE_UNAVAILABLE;
    Problem::new(status, "urn:chahao:batch-under-way", "Another batch is being applied", detail)
}

/// The parameters of a batch.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub(super) struct BatchParameters {
    /// Do everything but the writing.
    #[param(required = false)]
    dry_run: bool,
    /// The feed, over what the header of the batch says.
    feed: Option<String>,
    /// The number within the feed, over what the header says.
    seq: Option<u64>,
    /// It holds rows that were rejected from its feed, corrected: they go into a feed beside that, by its columns. Not with
    /// `seq` and `prev`, which are the office's.
    #[param(required = false)]
    corrections: bool,
    /// The day, `YYYY-MM-DD`, from which it holds, where its file cannot say so.
    effective: Option<String>,
    /// The content hash of the feed's batch before it, where its file cannot say so.
    prev: Option<String>,
    /// How many rows add, where its file cannot say so; 0 where only others are stated.
    expect_add: Option<u64>,
    /// How many rows change.
    expect_change: Option<u64>,
    /// How many rows delete.
    expect_delete: Option<u64>,
    /// The sheet of a workbook that is the table, where several sheets hold something.
    sheet: Option<String>,
}

impl BatchParameters {
    fn options(self) -> ImportOptions {
        ImportOptions {
            feed: self.feed,
            seq: self.seq,
            dry_run: self.dry_run,
            corrections: self.corrections,
            stated: Header {
                effective: self.effective,
                prev: self.prev.map(|prev| prev.to_ascii_lowercase()),
                counts: Counts::stated(self.expect_add, self.expect_change, self.expect_delete),
                ..Header::default()
            },
            wait_max: Some(TURN_WAIT),
            ..ImportOptions::default()
        }
    }
}

/// The parameters of a listing of batches.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ListParameters {
    /// Only batches behind this one.
    after: Option<u64>,
    /// Only batches before this one, the newest first; not with `after`.
    before: Option<u64>,
    /// Batches at most, 1 to 1000; 100 where nothing is said.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

/// The parameters of a listing of changes.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ChangesParameters {
    /// Only changes behind this seq.
    #[param(required = false)]
    since: u64,
    /// Changes at most, 1 to 10000; 1000 where nothing is said.
    #[param(minimum = 1, maximum = 10000)]
    limit: Option<u64>,
    /// The `chahao-chain` of the answer that `since` is from: told where it does not fit.
    hash: Option<String>,
}

/// Batches, page by page.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BatchList {
    /// The number to go on after, or before; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
    batches: Vec<BatchRecord>,
}

/// A batch as its office made it: bytes of one of these types.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "only described: a batch is read piece by piece")]
pub(super) struct BatchFile(Vec<u8>);

/// Takes a batch of up to 1 GiB: NDJSON, CSV, TSV or XLSX, packed or not. One is applied at a time; another one waits some
/// seconds, and is told then to come again.
#[utoipa::path(
    post,
    path = "/v1/batches",
    operation_id = "send_batch",
    params(BatchParameters),
    request_body(
        content(
            (BatchFile = "application/x-ndjson"),
            (BatchFile = "application/json"),
            (BatchFile = "text/csv"),
            (BatchFile = "text/tab-separated-values"),
            (BatchFile = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            (BatchFile = "application/gzip"),
            (BatchFile = "application/zstd"),
            (BatchFile = "application/octet-stream")
        ),
        description = "The batch file; which it is, is told from the file itself"
    ),
    responses(
        (status = 200, description = "What came of it", body = Report),
        (status = 403, description = "The server takes no batches, or not with this token", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "The batch did not come in time", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The batch is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The type is not taken", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The batch was refused; its report tells why", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn post(
    State(desk): State<Arc<Desk>>,
    State(door): State<Arc<Door>>,
    caller: Option<Extension<Arc<Caller>>>,
    parameters: Result<Parameters<BatchParameters>, Problem>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Report>, Problem> {
    // Whoever came as far with a token is an editor.
    if !door.open && caller.is_none() {
        let detail = "this server takes no batches; start it with --accept-batches, or send one with an editor's token"
            .to_owned();
        return Err(Problem::new(StatusCode::FORBIDDEN, "urn:chahao:closed", "No batches are taken", detail));
    }
    let Parameters(parameters) = parameters?;
    check_head(&headers)?;
    if parameters.corrections && (parameters.seq.is_some() || parameters.prev.is_some()) {
        let detail = "corrections are numbered by the ledger: neither seq nor prev goes with them";
        return Err(Problem::bad_request(detail.to_owned()));
    }
    let _place = door.uploads.try_acquire().map_err(|_| too_many())?;
    let sheet = parameters.sheet.clone();
    let input = received(body, sheet).await?;
    let turn = door.turn().await?;
    let sent_by = caller.map(|Extension(caller)| caller.name.clone());
    let options = ImportOptions { sent_by, ..parameters.options() };
    let importing = tokio::task::spawn_blocking(move || {
        // The next one's turn is when this is done, even where its client has left.
        let _turn = turn;
        desk.import_input(&input, &options, &mut Silent)
    });
    let report = importing.await.map_err(|error| Error::internal(format!("an import ended early: {error}")))?;
    let report = report.map_err(|error| match error.is_busy() {
        // By another process: one that imports or folds has the ledger for itself.
        true => being_applied(),
        false => error.into(),
    })?;
    match report.refused.clone() {
        Some(reason) => Err(Problem::from(Error::refused(reason)).with_report(report)),
        None => Ok(Json(report)),
    }
}

/// The whole of a batch, put down in a file of its own as it comes.
async fn received(body: Body, sheet: Option<String>) -> Result<Input, Problem> {
    let (sender, pieces) = mpsc::channel(PIECES_HELD_MAX);
    let reading = tokio::task::spawn_blocking(move || {
        let pieces = Pieces { pieces, piece: Bytes::new(), whole: false };
        Input::from_reader_sheet("upload", pieces, sheet.as_deref())
    });
    let sent = send(body, &sender).await;
    drop(sender);
    let input = reading.await.map_err(|error| Error::internal(format!("a batch was read in part only: {error}")))?;
    // What was wrong with the request says more than what came of half of it.
    sent?;
    Ok(input?)
}

fn check_head(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = text(CONTENT_TYPE).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !BATCH_TYPES.contains(&kind.as_str()) {
        let detail = format!("a batch is sent as one of {}; it came as {kind:?}", BATCH_TYPES.join(", "));
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Problem::new(status, "urn:chahao:media-type", "The type is not taken", detail));
    }
    match text(CONTENT_LENGTH).parse::<u64>() {
        Ok(length) if length > BATCH_BYTES_MAX => Err(too_large()),
        _ => Ok(()),
    }
}

fn too_large() -> Problem {
    let detail = format!("a batch has at most {BATCH_BYTES_MAX} bytes here; send it packed, or use chahao import");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "urn:chahao:too-large", "The batch is too large", detail)
}

/// Hands the body over piece by piece, an empty one at its end.
async fn send(mut body: Body, sender: &mpsc::Sender<Bytes>) -> Result<(), Problem> {
    let (mut sent, until) = (0, Instant::now() + BATCH_WAIT);
    loop {
        let wait = PIECE_WAIT.min(until.saturating_duration_since(Instant::now()));
        let Ok(frame) = tokio::time::timeout(wait, body.frame()).await else {
            let (piece, whole) = (PIECE_WAIT.as_secs(), BATCH_WAIT.as_secs());
            let detail = format!("the next piece of a batch has {piece} s to come, and the whole {whole} s");
            let status = StatusCode::REQUEST_TIMEOUT;
            return Err(Problem::new(status, "urn:chahao:timeout", "The batch did not come", detail));
        };
        let piece = match frame {
            None => Bytes::new(),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(piece) if !piece.is_empty() => piece,
                _ => continue,
            },
            Some(Err(error)) => return Err(Problem::bad_request(format!("the batch was cut off: {error}"))),
        };
        sent += piece.len() as u64;
        if sent > BATCH_BYTES_MAX {
            return Err(too_large());
        }
        let ended = piece.is_empty();
        // Whoever reads may have given up already; it says why.
        if sender.send(piece).await.is_err() || ended {
            return Ok(());
        }
    }
}

/// A body as the importer reads it: one that does not end with an empty piece is an error, not a shorter batch.
struct Pieces {
    pieces: mpsc::Receiver<Bytes>,
    piece: Bytes,
    whole: bool,
}

impl Read for Pieces {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.piece.is_empty() && !self.whole {
            let cut_off = || std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "the batch was cut off");
            self.piece = self.pieces.blocking_recv().ok_or_else(cut_off)?;
            self.whole = self.piece.is_empty();
        }
        let length = self.piece.len().min(out.len());
        let piece = self.piece.split_to(length);
        out.iter_mut().zip(piece).for_each(|(slot, byte)| *slot = byte);
        Ok(length)
    }
}

/// What was appended when. As lines of JSON where the client accepts them; the header `chahao-next` says where to go on.
#[utoipa::path(
    get,
    path = "/v1/batches",
    operation_id = "list_batches",
    params(ListParameters),
    responses(
        (
            status = 200,
            description = "Batches in the order in which they came, or with `before` the newest first",
            content((BatchList = "application/json"), (BatchRecord = "application/x-ndjson"))
        ),
        (status = 404, description = "Nothing found", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    State(questions): State<Arc<Questions>>,
    parameters: Result<Parameters<ListParameters>, Problem>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Parameters(ListParameters { after, before, limit }) = parameters?;
    let limit = within(limit.unwrap_or(BATCHES_LISTED.0), BATCHES_LISTED.1)?;
    let batches = match (after, before) {
        (Some(_), Some(_)) => return Err(Problem::bad_request("after and before cannot both be given".to_owned())),
        (after, None) => questions.ask(move || desk.batches(after.unwrap_or(0), limit)).await?,
        (None, Some(before)) => questions.ask(move || desk.batches_before(before, limit)).await?,
    };
    let next = batches.last().filter(|_| batches.len() == limit).map(|last| last.batch);
    if !accepts_lines(&headers) {
        return Ok(Json(BatchList { next, batches }).into_response());
    }
    let mut lines = Vec::new();
    batches.iter().try_for_each(|batch| write_line(&mut lines, batch))?;
    let mut response = ([(CONTENT_TYPE, NDJSON)], lines).into_response();
    if let Some(next) = next {
        response.headers_mut().insert(NEXT, next.into());
    }
    Ok(response)
}

/// One batch of the ledger.
#[utoipa::path(
    get,
    path = "/v1/batches/{n}",
    operation_id = "batch_report",
    params(("n" = u64, Path, description = "The batch's number in the ledger")),
    responses(
        (status = 200, description = "The batch", body = BatchRecord),
        (status = 404, description = "Nothing found", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn one(
    State(desk): State<Arc<Desk>>,
    State(questions): State<Arc<Questions>>,
    _: Parameters<NoParameters>,
    n: Result<Path<u64>, PathRejection>,
) -> Result<Json<BatchRecord>, Problem> {
    let Path(n) = n.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    Ok(Json(questions.ask(move || desk.batch(n)).await?))
}

/// One change a line; the header `chahao-seq` says up to which seq they go, and `chahao-chain` by which hash the ledger is
/// known there. Whoever follows asks on from there, with that `hash`, until nothing comes; a ledger that was put back to
/// an older state is told by 409.
#[utoipa::path(
    get,
    path = "/v1/changes",
    operation_id = "list_changes",
    params(ChangesParameters),
    responses(
        (status = 200, description = "Changes, one a line", body = ChangeRecord, content_type = "application/x-ndjson"),
        (status = 404, description = "Nothing found", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The ledger ends before `since`, or is not the one that `hash` is from", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn changes(
    State(desk): State<Arc<Desk>>,
    State(questions): State<Arc<Questions>>,
    parameters: Result<Parameters<ChangesParameters>, Problem>,
) -> Result<Response, Problem> {
    let Parameters(ChangesParameters { since, limit, hash }) = parameters?;
    let limit = within(limit.unwrap_or(CHANGES_TOLD.0), CHANGES_TOLD.1)?;
    let mut told = questions
        .ask(move || {
            let mut lines = Vec::new();
            let followed = desk.follow(since, limit, hash.as_deref(), &mut |change| write_line(&mut lines, &change))?;
            Ok(followed.map(|(seq, chain)| (lines, seq, chain)))
        })
        .await?
        .map_err(|reason| {
            Problem::new(StatusCode::CONFLICT, "urn:chahao:not-followed", "The ledger is another one", reason)
        })
        .map(|(lines, seq, chain)| {
            let head = [(CONTENT_TYPE, NDJSON.to_owned()), (SEQ, seq.to_string()), (CHAIN, chain)];
            (head, lines).into_response()
        })?;
    // Before the first batch there is no hash to know the ledger by.
    if told.headers().get(CHAIN).is_some_and(HeaderValue::is_empty) {
        told.headers_mut().remove(CHAIN);
    }
    Ok(told)
}

/// Whether the client would rather have lines of JSON than one; what it says by halves is not asked for.
fn accepts_lines(headers: &HeaderMap) -> bool {
    // Who asks for them in UTF-8 gets what there is.
    let forms = [JSON, NDJSON, "application/x-ndjson; charset=utf-8"].map(MediaType::parse);
    let (Some(accept), [Ok(json), Ok(lines), Ok(utf8)]) = (headers.typed_get::<Accept>(), forms) else { return false };
    accept.negotiate([&json, &lines, &utf8]).is_some_and(|form| *form != json)
}

fn write_line(lines: &mut Vec<u8>, value: &impl Serialize) -> Result<()> {
    serde_json::to_writer(&mut *lines, value)
        .map_err(|error| Error::internal(format!("cannot write JSON: {error}")))?;
    lines.push(b'\n');
    Ok(())
}

fn within<N: PartialOrd + From<u8> + std::fmt::Display>(limit: N, limit_max: N) -> Result<N, Problem> {
    if limit < N::from(1) || limit > limit_max {
        return Err(Problem::bad_request(format!("limit is 1 to {limit_max}; it is {limit}")));
    }
    Ok(limit)
}
