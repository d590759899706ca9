//! A digest for names: it tells apart what differs by mistake, not by malice.

/// FNV-1a with 128 bits.
pub(crate) fn digest(bytes: impl IntoIterator<Item = u8>) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.into_iter().fold(OFFSET, |digest, byte| (digest ^ u128::from(byte)).wrapping_mul(PRIME))
}
