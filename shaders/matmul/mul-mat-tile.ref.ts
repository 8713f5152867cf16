export { biasRef, gluRef, mulMatRef } from './mul-mat-vec.ref.ts';
