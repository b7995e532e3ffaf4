/** Runs one piece of work per key at a time; who asks meanwhile gets the same promise. */
export interface SingleFlight<T> {
  run(key: string, work: () => Promise<T>): Promise<T>;
  isFlying(key: string): boolean;
  /** Resolves when nothing is under way any more. */
  settled(): Promise<void>;
}

export function createSingleFlight<T>(): SingleFlight<T> {
  const flights = new Map<string, Promise<T>>();
  return {
    run(key, work) {
      const flying = flights.get(key);
      if (flying !== undefined) return flying;
      const flight = work().finally(() => flights.delete(key));
      flights.set(key, flight);
      return flight;
    },
    isFlying: (key) => flights.has(key),
    async settled() {
      while (flights.size > 0) await Promise.allSettled(flights.values());
    },
  };
}
