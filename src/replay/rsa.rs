//! RSA signatures that aws-lc-rs has no algorithm for: short moduli and free salt lengths.
//!
//! Only public values are handled here, so nothing needs to be constant in time.

use aws_lc_rs::digest::{Algorithm, digest};

/// Moduli above this many bytes are not computed with.
pub(super) const MODULUS_LIMIT: usize = 2048;

/// Checks a PKCS #1 v1.5 signature; `prefix` is the DER of the digest's name.
pub(super) fn verify_pkcs1(
    modulus: &[u8],
    exponent: u64,
    hash: &'static Algorithm,
    prefix: &[u8],
    message: &[u8],
    signature: &[u8],
) -> bool {
    let Some(encoded) = open(modulus, exponent, signature) else { return false };
    let hashed = digest(hash, message);
    let tail = [&[0], prefix, hashed.as_ref()].concat();
    let Some(padding) = encoded.len().checked_sub(tail.len() + 2) else { return false };
    if padding < 8 {
        return false;
    }
    let expected = [&[0, 1][..], &vec![0xff; padding], &tail].concat();
    encoded == expected
}

/// Checks a PSS signature of any salt length.
/// Source: RFC 8017, section 9.1.2; Go, crypto/rsa, `PSSSaltLengthAuto`.
pub(super) fn verify_pss(
    modulus: &[u8],
    exponent: u64,
    hash: &'static Algorithm,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let Some(opened) = open(modulus, exponent, signature) else { return false };
    let bits = bit_length(modulus).saturating_sub(1);
    let length = bits.div_ceil(8);
    let (leading, encoded) = opened.split_at(opened.len() - length);
    if leading.iter().any(|byte| *byte != 0) {
        return false;
    }
    let size = hash.output_len();
    let Some(split) = encoded.len().checked_sub(size + 1) else { return false };
    if split == 0 || encoded.last() != Some(&0xbc) {
        return false;
    }
    let (masked, rest) = encoded.split_at(split);
    let wanted = &rest[..size];
    let spare = 0xff_u8.checked_shr(u32::try_from(8 * length - bits).unwrap_or(8)).unwrap_or(0);
    if masked[0] & !spare != 0 {
        return false;
    }
    let mut block: Vec<u8> =
        masked.iter().zip(mask(hash, wanted, split)).map(|(a, b)| a ^ b).collect();
    block[0] &= spare;
    let Some(one) = block.iter().position(|byte| *byte != 0) else { return false };
    if block[one] != 1 {
        return false;
    }
    let hashed = digest(hash, message);
    let input = [&[0; 8], hashed.as_ref(), &block[one + 1..]].concat();
    digest(hash, &input).as_ref() == wanted
}

/// Source: RFC 8017, section B.2.1, MGF1.
fn mask(hash: &'static Algorithm, seed: &[u8], length: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(length + hash.output_len());
    let mut counter = 0_u32;
    while out.len() < length {
        let input = [seed, &counter.to_be_bytes()].concat();
        out.extend_from_slice(digest(hash, &input).as_ref());
        counter += 1;
    }
    out.truncate(length);
    out
}

/// The signature raised to the exponent, as many bytes as the modulus has; nothing when the
/// signature has another length or is not below the modulus, or the modulus is even.
fn open(modulus: &[u8], exponent: u64, signature: &[u8]) -> Option<Vec<u8>> {
    let odd = modulus.last()? & 1 == 1;
    if !odd || modulus.len() > MODULUS_LIMIT || signature.len() != modulus.len() {
        return None;
    }
    if signature >= modulus {
        return None;
    }
    let field = Field::new(modulus);
    Some(to_bytes(&field.power(&to_limbs(signature), exponent), modulus.len()))
}

/// How many bits a number without leading zero bytes has.
pub(super) fn bit_length(bytes: &[u8]) -> usize {
    match bytes.first() {
        Some(first) => bytes.len() * 8 - first.leading_zeros() as usize,
        None => 0,
    }
}

fn to_limbs(bytes: &[u8]) -> Vec<u64> {
    let limb = |chunk: &[u8]| chunk.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    bytes.rchunks(8).map(limb).collect()
}

fn to_bytes(limbs: &[u64], length: usize) -> Vec<u8> {
    let bytes: Vec<u8> = limbs.iter().rev().flat_map(|limb| limb.to_be_bytes()).collect();
    bytes[bytes.len() - length..].to_vec()
}

/// Arithmetic modulo an odd number, after Montgomery.
struct Field {
    modulus: Vec<u64>,
    /// Minus the inverse of the modulus modulo 2^64.
    inverse: u64,
}

impl Field {
    fn new(modulus: &[u8]) -> Field {
        let modulus = to_limbs(modulus);
        let low = modulus[0];
        let mut inverse = 1_u64;
        // Newton: each round doubles the number of right bits.
        for _ in 0..6 {
            inverse = inverse.wrapping_mul(2_u64.wrapping_sub(low.wrapping_mul(inverse)));
        }
        Field { modulus, inverse: inverse.wrapping_neg() }
    }

    fn power(&self, base: &[u64], exponent: u64) -> Vec<u64> {
        let square = self.radix_squared();
        let mut one = vec![0; self.modulus.len()];
        one[0] = 1;
        let base = self.multiply(base, &square);
        let mut result = self.multiply(&one, &square);
        for bit in (0..64 - exponent.leading_zeros()).rev() {
            result = self.multiply(&result, &result);
            if exponent >> bit & 1 == 1 {
                result = self.multiply(&result, &base);
            }
        }
        self.multiply(&result, &one)
    }

    /// The square of the radix modulo the modulus, by doubling one.
    fn radix_squared(&self) -> Vec<u64> {
        let mut value = vec![0; self.modulus.len()];
        value[0] = 1;
        if self.less_or_equal(&value, 0) {
            self.subtract(&mut value);
        }
        for _ in 0..128 * self.modulus.len() {
            let mut carry = 0;
            for limb in &mut value {
                let next = *limb >> 63;
                *limb = *limb << 1 | carry;
                carry = next;
            }
            if self.less_or_equal(&value, carry) {
                self.subtract(&mut value);
            }
        }
        value
    }

    /// The product of two numbers, divided by the radix.
    fn multiply(&self, a: &[u64], b: &[u64]) -> Vec<u64> {
        let n = self.modulus.len();
        let mut sum = vec![0_u64; n + 2];
        for limb in a {
            add_product(&mut sum, *limb, b);
            let factor = sum[0].wrapping_mul(self.inverse);
            add_product(&mut sum, factor, &self.modulus);
            sum.rotate_left(1);
            sum[n + 1] = 0;
        }
        let carry = sum[n];
        sum.truncate(n);
        if self.less_or_equal(&sum, carry) {
            self.subtract(&mut sum);
        }
        sum
    }

    /// Whether the modulus is at most the value with this carry on top.
    fn less_or_equal(&self, value: &[u64], carry: u64) -> bool {
        carry > 0 || self.modulus.iter().rev().cmp(value.iter().rev()).is_le()
    }

    fn subtract(&self, value: &mut [u64]) {
        let mut borrow = false;
        for (limb, modulus) in value.iter_mut().zip(&self.modulus) {
            let (first, one) = limb.overflowing_sub(*modulus);
            let (second, two) = first.overflowing_sub(u64::from(borrow));
            *limb = second;
            borrow = one || two;
        }
    }
}

/// Adds `factor` times `value` to the sum, whose top has room for the carry.
fn add_product(sum: &mut [u64], factor: u64, value: &[u64]) {
    let mut carry = 0_u128;
    for (at, limb) in sum.iter_mut().enumerate() {
        let product = value.get(at).map_or(0, |limb| u128::from(*limb) * u128::from(factor));
        let total = product + u128::from(*limb) + carry;
        #[expect(clippy::cast_possible_truncation, reason = "the upper half is carried")]
        {
            *limb = total as u64;
        }
        carry = total >> 64;
    }
}
