/** The id of the `sequence`th event of a log, taken at `time`; see docs/stream.md for its bits. */
export function eventId(sequence: number, time = 1_700_000_000_000, epoch = 0x1a2b3c): string {
  const ms = time.toString(16).padStart(12, "0");
  const high = (epoch >>> 14).toString(16).padStart(3, "0");
  const low = (0x8000 | (epoch & 0x3fff)).toString(16);
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7${high}-${low}-${sequence.toString(16).padStart(12, "0")}`;
}
