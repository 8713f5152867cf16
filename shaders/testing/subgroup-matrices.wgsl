// What shaders/lib/subgroup-matrices.wgsl does, where an adapter has no such matrices, nor f16: factors stay where they are staged,
// and each of 32 threads has 8 of the sums. LeftPlane, RightPlane, STRIDE and `products` are the kernel's.
requires unrestricted_pointer_parameters;

alias Half = f32;
struct Products {
  a: vec4<f32>,
  b: vec4<f32>,
}

// Where a factor begins.
struct Left {
  part: u32,
  offset: u32,
}
alias Right = Left;

fn as_half(v: vec4<f32>) -> vec4<Half> {
  return vec4(unpack2x16float(pack2x16float(v.xy)), unpack2x16float(pack2x16float(v.zw)));
}

fn add_products(
  left_plane: ptr<workgroup, LeftPlane>,
  left: Left,
  right_plane: ptr<workgroup, RightPlane>,
  right: Right,
  sums: Products,
  lane: u32,
) -> Products {
  var all = sums;
  let sixteen = min(params.blocks, 1u) * 16u; // no compiler knows: unrolled in so many places, the loop takes it many seconds
  for (var k = 0u; k < sixteen; k++) {
    let l = (*left_plane)[left.part][left.offset + lane / 2u * STRIDE + k];
    let at = right.offset + lane % 2u * 8u * STRIDE + k;
    all.a += l * column(right_plane, right.part, at);
    all.b += l * column(right_plane, right.part, at + 4u * STRIDE);
  }
  return all;
}

fn column(plane: ptr<workgroup, RightPlane>, part: u32, at: u32) -> vec4<f32> {
  let lines = &(*plane)[part];
  return vec4((*lines)[at], (*lines)[at + STRIDE], (*lines)[at + 2u * STRIDE], (*lines)[at + 3u * STRIDE]);
}

fn put_products(slot: u32, sums: Products, lane: u32) {
  for (var i = 0u; i < 4u; i++) {
    products[slot][lane * 8u + i] = sums.a[i];
    products[slot][lane * 8u + 4u + i] = sums.b[i];
  }
}
