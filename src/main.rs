//! The `chahao` binary: arguments in, exit code out.

fn main() -> std::process::ExitCode {
    chahao::cli::run(std::env::args_os())
}
