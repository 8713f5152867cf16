/** Screens of iPhones and iPads in portrait, in CSS pixels, with their pixel ratio: iOS shows a splash image only where all three match. */
export const SPLASH_SIZES: readonly { width: number; height: number; ratio: number }[] = [
  { width: 440, height: 956, ratio: 3 },
  { width: 402, height: 874, ratio: 3 },
  { width: 420, height: 912, ratio: 3 },
  { width: 430, height: 932, ratio: 3 },
  { width: 393, height: 852, ratio: 3 },
  { width: 428, height: 926, ratio: 3 },
  { width: 390, height: 844, ratio: 3 },
  { width: 375, height: 812, ratio: 3 },
  { width: 414, height: 896, ratio: 2 },
  { width: 375, height: 667, ratio: 2 },
  { width: 1032, height: 1376, ratio: 2 },
  { width: 834, height: 1210, ratio: 2 },
  { width: 820, height: 1180, ratio: 2 },
  { width: 744, height: 1133, ratio: 2 },
];

export function splashFile({ width, height, ratio }: (typeof SPLASH_SIZES)[number]): string {
  return `splash/${width * ratio}x${height * ratio}.png`;
}
