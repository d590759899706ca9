/** Numbers as people read them. */

/**
 * A figure with its unit, to three significant digits.
 *
 * @param {number | undefined} value
 * @param {import('./types.js').Unit} unit
 * @returns {string}
 */
export function write(value, unit) {
  if (value === undefined || Number.isNaN(value)) return '–';
  switch (unit) {
    case '/s':
      return `${digits(value)}/s`;
    case '%':
      return `${value < 0.01 ? value.toFixed(3) : digits(value)} %`;
    case 'recall':
      return String(Number(value.toFixed(4)));
    case 'us':
      return value >= 10_000 ? `${digits(value / 1000)} ms` : `${digits(value)} us`;
    default:
      return `${digits(value)} ${unit}`;
  }
}

/**
 * @param {number | undefined} ratio
 * @returns {string}
 */
export function writeRatio(ratio) {
  return ratio === undefined || !Number.isFinite(ratio) ? '–' : `${ratio.toFixed(2)}x`;
}

/**
 * @param {number} value
 * @returns {string}
 */
function digits(value) {
  if (value !== 0 && Math.abs(value) < 100) return String(Number(value.toPrecision(3)));
  const unit = Math.abs(value) < 1000 ? 1 : 10 ** (Math.floor(Math.log10(Math.abs(value))) - 2);
  return (Math.round(value / unit) * unit).toLocaleString('en-US', { maximumFractionDigits: 0 });
}
