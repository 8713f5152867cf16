export { biasRef, gatedRef, gluRef, mulMatRef } from './mul-mat-vec.ref.ts';
