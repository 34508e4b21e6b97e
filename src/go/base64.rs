//! Base64 as Go decodes it: line breaks are skipped, stray trailing bits are accepted, and an error
//! names the byte.

/// The refusal of Go's decoder. Source: Go, encoding/base64, `CorruptInputError`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("illegal base64 data at input byte {offset}")]
pub struct CorruptInput {
    /// Bytes before the offending one, line breaks included.
    pub offset: usize,
}

/// Which letters stand for the last two values, and whether `=` fills the last group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Alphabet {
    Standard,
    UrlUnpadded,
}

impl Alphabet {
    fn value(self, byte: u8) -> Option<u8> {
        match (byte, self) {
            (b'A'..=b'Z', _) => Some(byte - b'A'),
            (b'a'..=b'z', _) => Some(byte - b'a' + 26),
            (b'0'..=b'9', _) => Some(byte - b'0' + 52),
            (b'+', Alphabet::Standard) | (b'-', Alphabet::UrlUnpadded) => Some(62),
            (b'/', Alphabet::Standard) | (b'_', Alphabet::UrlUnpadded) => Some(63),
            _ => None,
        }
    }
}

/// Decodes unpadded base64url.
///
/// # Errors
/// The byte that is not of the alphabet, padding included, or a lone last letter.
/// Source: Go, encoding/base64, `RawURLEncoding.DecodeString`.
pub fn decode_url(text: &[u8]) -> Result<Vec<u8>, CorruptInput> {
    decode(Alphabet::UrlUnpadded, text)
}

/// Decodes padded standard base64.
///
/// # Errors
/// The byte that is not of the alphabet, or wrong padding.
/// Source: Go, encoding/base64, `StdEncoding.DecodeString`.
pub fn decode_standard(text: &[u8]) -> Result<Vec<u8>, CorruptInput> {
    decode(Alphabet::Standard, text)
}

/// Writes unpadded base64url.
pub fn encode_url(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(alphabet: Alphabet, text: &[u8]) -> Result<Vec<u8>, CorruptInput> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let mut at = 0;
    while at < text.len() {
        at = quantum(alphabet, text, at, &mut out)?;
    }
    Ok(out)
}

/// Reads up to four letters from `at`; returns where the next group starts.
fn quantum(
    alphabet: Alphabet,
    text: &[u8],
    mut at: usize,
    out: &mut Vec<u8>,
) -> Result<usize, CorruptInput> {
    let mut group = [0_u8; 4];
    let mut filled = 0;
    while filled < 4 {
        let Some(&byte) = text.get(at) else {
            if filled == 0 {
                return Ok(at);
            }
            if filled == 1 || alphabet == Alphabet::Standard {
                return Err(CorruptInput { offset: at - filled });
            }
            break;
        };
        at += 1;
        if let Some(value) = alphabet.value(byte) {
            group[filled] = value;
            filled += 1;
        } else if byte == b'=' && alphabet == Alphabet::Standard {
            at = padding(text, at, filled)?;
            push(group, filled, out);
            return Ok(at);
        } else if byte != b'\n' && byte != b'\r' {
            return Err(CorruptInput { offset: at - 1 });
        }
    }
    push(group, filled, out);
    Ok(at)
}

/// Checks what follows the first `=` after `filled` letters; returns the end of the text.
fn padding(text: &[u8], mut at: usize, filled: usize) -> Result<usize, CorruptInput> {
    let breaks = |mut at: usize| {
        while matches!(text.get(at), Some(b'\n' | b'\r')) {
            at += 1;
        }
        at
    };
    match filled {
        0 | 1 => return Err(CorruptInput { offset: at - 1 }),
        2 => {
            at = breaks(at);
            match text.get(at) {
                None => return Err(CorruptInput { offset: text.len() }),
                Some(b'=') => at += 1,
                Some(_) => return Err(CorruptInput { offset: at - 1 }),
            }
        }
        _ => {}
    }
    at = breaks(at);
    if at < text.len() {
        return Err(CorruptInput { offset: at });
    }
    Ok(at)
}

fn push(group: [u8; 4], filled: usize, out: &mut Vec<u8>) {
    let word = u32::from(group[0]) << 18
        | u32::from(group[1]) << 12
        | u32::from(group[2]) << 6
        | u32::from(group[3]);
    let bytes = word.to_be_bytes();
    out.extend_from_slice(&bytes[1..filled.max(1)]);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop")]

    use super::*;

    #[test]
    fn line_breaks_are_skipped_and_trailing_bits_ignored() {
        assert_eq!(decode_url(b"Z\nm8").unwrap(), b"fo");
        assert_eq!(decode_url(b"Zm9").unwrap(), b"fo");
        assert_eq!(decode_url(b"").unwrap(), b"");
        assert_eq!(decode_url(b"-_-_").unwrap(), [0xfb, 0xff, 0xbf]);
    }

    #[test]
    fn errors_name_the_byte_as_go_does() {
        assert_eq!(decode_url(b"Zm8=").unwrap_err().offset, 3);
        assert_eq!(decode_url(b"Zm9vZ").unwrap_err().offset, 4);
        assert_eq!(decode_url(b"Z m8").unwrap_err().offset, 1);
        assert_eq!(decode_standard(b"Zm8").unwrap_err().offset, 0);
        assert_eq!(decode_standard(b"Zm8=x").unwrap_err().offset, 4);
        assert_eq!(decode_standard(b"Zg=").unwrap_err().offset, 3);
        assert_eq!(decode_standard(b"Zg=x").unwrap_err().offset, 2);
        assert_eq!(decode_standard(b"Zg==\n").unwrap(), b"f");
    }
}
