export { gluRef, mulMatRef } from './mul-mat-vec.ref.ts';
