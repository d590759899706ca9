//! CRC-32: by it damage is found.

/// The checksum of bytes.
#[cfg(feature = "kept-indexes")]
pub(crate) use crc32fast::hash as crc32;
#[cfg(not(feature = "kept-indexes"))]
pub(crate) use small as crc32;

/// The checksum of bytes, half a byte at a time: slower, with a table of 64 bytes rather than 16 KiB.
#[cfg(any(test, not(feature = "kept-indexes")))]
pub(crate) fn small(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 16] = {
        let mut table = [0; 16];
        let mut i = 0;
        while i < 16 {
            let mut bits = i as u32;
            let mut bit = 0;
            while bit < 4 {
                bits = bits >> 1 ^ if bits & 1 == 1 { 0xedb8_8320 } else { 0 };
                bit += 1;
            }
            table[i] = bits;
            i += 1;
        }
        table
    };
    let step = |sum: u32, half: u32| sum >> 4 ^ TABLE[((sum ^ half) & 15) as usize];
    !bytes.iter().fold(!0, |sum, byte| step(step(sum, u32::from(*byte)), u32::from(*byte >> 4)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_small_checksum_is_the_known_one() {
        let bytes: Vec<u8> = (0..=u8::MAX).collect();
        assert_eq!(small(b"123456789"), 0xcbf4_3926);
        assert_eq!(small(&bytes), crc32fast::hash(&bytes));
    }
}
