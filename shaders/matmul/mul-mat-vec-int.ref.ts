export { biasRef, gatedRef, gluRef, loraRef, mulMatRef } from './mul-mat-vec.ref.ts';
