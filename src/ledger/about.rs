//! What a batch says beside its changes: who answers for it, and what it was made from. It is part of the chain.

use serde::{Deserialize, Serialize};

use super::append::json_failed;
use super::fold::Checkpoint;
use crate::{Error, Result};

/// Characters of a name or reason at most.
const SIGNATURE_CHARS_MAX: usize = 500;

/// Who did what is not a matter of course, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Signature {
    /// The person.
    pub by: String,
    /// The reason.
    pub reason: String,
}

impl Signature {
    /// Checks both texts.
    ///
    /// # Errors
    /// Usage when one is empty, over-long or holds control characters.
    pub fn new(by: &str, reason: &str) -> Result<Signature> {
        let checked = |what: &str, text: &str| {
            let text = text.trim();
            let chars = text.chars().count();
            if chars == 0 || chars > SIGNATURE_CHARS_MAX || text.chars().any(char::is_control) {
                let text = format!("{what} is one line of 1 to {SIGNATURE_CHARS_MAX} characters; it has {chars}");
                return Err(Error::usage(text));
            }
            Ok(text.to_owned())
        };
        Ok(Signature { by: checked("--by", by)?, reason: checked("--reason", reason)? })
    }
}

/// The fields of a [`Signature`] beside others, where there may be none: for the description of the HTTP routes.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "only described, never made")]
struct SignatureFields {
    /// The person.
    by: Option<String>,
    /// The reason.
    reason: Option<String>,
}

/// What a batch says beside its changes; written only where there is something to say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct About {
    /// Who answers for it.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = SignatureFields)]
    pub signature: Option<Signature>,
    /// Whose token it was sent with, where it came over HTTP with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_by: Option<String>,
    /// The batch whose inverse it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undoes: Option<u64>,
    /// Up to where the log was folded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fold: Option<Checkpoint>,
}

impl About {
    /// As it is written and hashed; `None` where there is nothing to say.
    pub(super) fn text(&self) -> Result<Option<String>> {
        if *self == About::default() {
            return Ok(None);
        }
        serde_json::to_string(self).map(Some).map_err(json_failed)
    }

    /// Reads what was written.
    pub(super) fn parse(text: Option<&str>) -> Result<About> {
        let Some(text) = text else { return Ok(About::default()) };
        serde_json::from_str(text)
            .map_err(|error| Error::damaged(format!("a batch's signature cannot be read ({error}): run chahao verify")))
    }
}
