// Rotates heads of which the kernel has the raw elements at hand: raw_dim(head, dim). Dimensions from rope_dim on pass through.
//   table: [positions, rope_dim / 2] of (cos, sin)

// Of the 4 dimensions of an element: their own shares, and their partners'.
struct Turns {
  own: vec4<f32>,
  partner: vec4<f32>,
}

fn turns_at(element: u32, position: u32) -> Turns {
  let dim = element * 4u;
  let turns = array(
    turn_at(dim, position),
    turn_at(dim + 1u, position),
    turn_at(dim + 2u, position),
    turn_at(dim + 3u, position),
  );
  return Turns(
    vec4(turns[0].x, turns[1].x, turns[2].x, turns[3].x),
    vec4(turns[0].y, turns[1].y, turns[2].y, turns[3].y),
  );
}

fn turn_at(dim: u32, position: u32) -> vec2<f32> {
  if (dim >= params.rope_dim) {
    return vec2(1.0, 0.0);
  }
  let pair = rope_pair(dim, params.rope_dim);
  return table[position * (params.rope_dim / 2u) + pair.frequency] * vec2(1.0, pair.sign);
}

// An element of a head, normalized and rotated.
fn turned(head: u32, element: u32, turns: Turns) -> vec4<f32> {
  let dim = element * 4u;
  let own = vec4(normed(head, dim), normed(head, dim + 1u), normed(head, dim + 2u), normed(head, dim + 3u));
  let partner = vec4(
    normed(head, partner_of(dim)),
    normed(head, partner_of(dim + 1u)),
    normed(head, partner_of(dim + 2u)),
    normed(head, partner_of(dim + 3u)),
  );
  return own * turns.own + partner * turns.partner;
}

fn normed(head: u32, dim: u32) -> f32 {
  return raw_dim(head, dim) * qk_factor(head, dim);
}

fn partner_of(dim: u32) -> u32 {
  return rope_pair(dim, params.rope_dim).partner;
}
