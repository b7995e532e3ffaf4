import { useEffect, useState } from "react";

const DELAY_MS = 250;

/** What a value was when it last rested for a moment: for questions that cost something and follow what is typed. */
export function useDelayed<T>(value: T): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), DELAY_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return rested;
}
