# One recipe for each step of .ci/run, by the same name. `just` alone lists them.

export CARGO_TARGET_DIR := env("CARGO_TARGET_DIR", justfile_directory() / "target")

_list:
    @just --list --unsorted

# Everything that CI runs
ci:
    .ci/run

# Formatting
fmt:
    .ci/run fmt

# Lints, warnings denied
clippy:
    .ci/run clippy

# Documentation without warnings
doc:
    .ci/run doc

# Licences, sources, advisories
deny:
    .ci/run deny

# The recorded answers of the real authenticator are still its answers
oracle:
    OIDC_DOCTOR_LAB=1 .ci/run oracle

# The lab's story against a real API server
lab:
    OIDC_DOCTOR_LAB=1 .ci/run lab

# The documents show what the program does
readme:
    .ci/run readme

# The tests, by the command in README.md
test:
    .ci/run test

# Write the demo in README.md again
record-readme:
    .ci/readme

# Write the session against the lab in README.md again; kubectl-oidc_login has to be on PATH
record-lab:
    .ci/readme --lab

# Write fixtures/worlds/SCORE.md again
record-score:
    cargo test --locked --test worlds record_score -- --ignored

# Write the bundles in fixtures/cases again
record-cases:
    cargo test --locked --test worlds save_cases -- --ignored

# Write fixtures/cases/FINDINGS.md again
record-findings:
    cargo test --locked --test cases record -- --ignored

# Ask the real authenticator every question again and keep its answers
record-oracle version="1.37.2":
    tests/oracle-go/record.mjs {{version}}

# Run one world and show everything
world id:
    WORLD={{id}} cargo test --locked --test worlds one -- --ignored --nocapture
