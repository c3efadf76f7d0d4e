/** Something that happened, without a value: who listens looks at the state that it is about. */
export class Signal {
  private readonly listeners = new Set<() => void>();

  /** Bound, so that it can be handed to React's useSyncExternalStore. Returns how to stop listening. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  emit(): void {
    for (const listener of this.listeners) listener();
  }
}
