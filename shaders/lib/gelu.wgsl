// GELU, the gate's activation in GeGLU, by tanh: x * (1 + tanh(u)) / 2 = x * sigmoid(2 u), u = sqrt(2 / pi) * (x + 0.044715 x³).
// As a sigmoid it keeps its precision where 1 + tanh(u) cancels. Beyond ±10 it is 0 or x in f32, and u grows no more.
fn activate(x: f32) -> f32 {
  let near = clamp(x, -10.0, 10.0);
  let u = 0.7978845608 * near * (1.0 + 0.044715 * near * near);
  return x / (1.0 + exp(-2.0 * u));
}
