/**
 * Codes that say something on their own: Twilio's, as its channel knows them (twilio.com/docs/api/errors). Whatever else a vendor
 * invents is `other`, because each value is a time series for good.
 */
const known = new Set(
  [
    20003, 20005, 20429, 21211, 21212, 21408, 21606, 21610, 21614, 21660, 63003, 63007, 63008, 63011, 63015,
    63016, 63018, 63020, 63023, 63024, 63032, 63038, 63049,
  ].map(String),
);

/** The error code of a delivery as a label. */
export function codeLabel(errorCode: string | undefined): string {
  if (errorCode === undefined) return '';
  return known.has(errorCode) ? errorCode : 'other';
}
