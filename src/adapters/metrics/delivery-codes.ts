/**
 * Codes that say something on their own, as the channels know them: Twilio's (twilio.com/docs/api/errors), then Meta's
 * (developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes). Whatever else a vendor invents is `other`,
 * because each value is a time series for good.
 */
const known = new Set(
  [
    20003, 20005, 20429, 21211, 21212, 21408, 21606, 21610, 21614, 21660, 30003, 30007, 30008, 63003, 63007,
    63008, 63011, 63015, 63016, 63018, 63020, 63023, 63024, 63032, 63038, 63049, 4, 10, 100, 190, 368, 80007,
    130429, 130472, 130497, 131000, 131005, 131008, 131009, 131016, 131021, 131026, 131030, 131031, 131042,
    131047, 131048, 131049, 131050, 131051, 131053, 131056, 131057, 131062, 131063, 131064, 132000, 132001,
    132005, 132007, 132008, 132012, 132015, 132016, 133010, 135000, 137000,
  ].map(String),
);

/** The error code of a delivery as a label. */
export function codeLabel(errorCode: string | undefined): string {
  if (errorCode === undefined) return '';
  return known.has(errorCode) ? errorCode : 'other';
}
