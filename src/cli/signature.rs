//! Who does what is not a matter of course, and why.

use clap::Args;

use crate::Result;
use crate::ledger::Signature;

/// Overriding what would keep a batch out.
#[derive(Debug, Clone, Args)]
pub(super) struct ForceArgs {
    /// Do it whatever is in the way; the ledger records who wanted that and why.
    #[arg(long, requires = "reason")]
    pub(super) force: bool,
}

/// Who answers for it.
#[derive(Debug, Clone, Args)]
pub(super) struct SignatureArgs {
    /// Who answers for it.
    #[arg(long, value_name = "NAME", env = "USER", default_value = "unknown", hide_env_values = true)]
    by: String,
    /// Why it is done.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

impl SignatureArgs {
    /// Who answers for it.
    pub(super) fn by(&self) -> &str {
        &self.by
    }

    /// The signature, where a reason is given.
    ///
    /// # Errors
    /// Usage when a text is empty or over-long.
    pub(super) fn signature(&self) -> Result<Option<Signature>> {
        self.reason.as_ref().map(|reason| Signature::new(&self.by, reason)).transpose()
    }
}
