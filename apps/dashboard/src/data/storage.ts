/** What this browser keeps for the page, as JSON. Without a storage, or without room, it counts until the page is closed. */
export class KeyStore {
  /** `storage`: undefined where the browser has none for this page. */
  constructor(private readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem"> | undefined) {}

  /** undefined: nothing, or nothing that can be read. */
  read(key: string): unknown {
    try {
      return JSON.parse(this.storage?.getItem(key) ?? "null") ?? undefined;
    } catch {
      return undefined;
    }
  }

  write(key: string, json: unknown): void {
    try {
      if (json === undefined) this.storage?.removeItem(key);
      else this.storage?.setItem(key, JSON.stringify(json));
    } catch {
      // No room.
    }
  }
}
