import { useEffect, useState } from "react";

const MEASURED_OVER_MS = 1_000;

/** How many frames a second this page gets to draw; asks for every one of them while it is in use. */
export function useFrameRate(): number {
  const [rate, setRate] = useState(0);
  useEffect(() => {
    let frames = 0;
    let begun = performance.now();
    let request = 0;
    const step = (now: number) => {
      frames += 1;
      if (now - begun >= MEASURED_OVER_MS) {
        setRate(Math.round((frames * 1_000) / (now - begun)));
        frames = 0;
        begun = now;
      }
      request = requestAnimationFrame(step);
    };
    request = requestAnimationFrame(step);
    return () => cancelAnimationFrame(request);
  }, []);
  return rate;
}
