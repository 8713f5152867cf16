// Eight elements of a block of 32: two vec4s, which stand at chunk_part(c) and chunk_part(c) + CHUNK_SPAN of the block's eight.
struct Chunk {
  a: vec4<f32>,
  b: vec4<f32>,
}
