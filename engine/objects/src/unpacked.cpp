#include <vector>

#include <zlib.h>
#include <zstd.h>

#include <engine/objects/unpacked.h>

namespace engine::objects {
namespace {

using statelang::Expected;
using statelang::Unexpected;
using statelang::map_run::ObjectReader;
using Read = Expected<size_t, std::string>;

constexpr size_t kChunk = 64 * 1024;

class GzipReader : public ObjectReader {
 public:
  explicit GzipReader(std::unique_ptr<ObjectReader> packed) : packed_(std::move(packed)), chunk_(kChunk) {
    constexpr int kGzipOnly = 16;
    ready_ = inflateInit2(&stream_, kGzipOnly + MAX_WBITS) == Z_OK;
  }
  ~GzipReader() override { inflateEnd(&stream_); }
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;

  Read read(char* to, size_t capacity) override {
    if (!ready_) return damaged();
    stream_.next_out = reinterpret_cast<Bytef*>(to);
    stream_.avail_out = static_cast<uInt>(std::min(capacity, kChunk));
    const uInt wanted = stream_.avail_out;
    while (stream_.avail_out == wanted) {
      if (stream_.avail_in == 0) {
        auto more = packed_->read(chunk_.data(), chunk_.size());
        if (!more) return more;
        if (*more == 0) return inside_member_ ? damaged() : Read(size_t{0});
        stream_.next_in = reinterpret_cast<Bytef*>(chunk_.data());
        stream_.avail_in = static_cast<uInt>(*more);
      }
      inside_member_ = true;
      const int done = inflate(&stream_, Z_NO_FLUSH);
      if (done == Z_STREAM_END) {
        inside_member_ = false;
        if (inflateReset(&stream_) != Z_OK) return damaged();
      } else if (done != Z_OK) {
        return damaged();
      }
    }
    return size_t{wanted - stream_.avail_out};
  }

 private:
  static Read damaged() { return Unexpected{std::string("The object is no complete GZIP file.")}; }

  std::unique_ptr<ObjectReader> packed_;
  std::vector<char> chunk_;
  z_stream stream_{};
  bool ready_ = false, inside_member_ = false;
};

class ZstdReader : public ObjectReader {
 public:
  explicit ZstdReader(std::unique_ptr<ObjectReader> packed)
      : packed_(std::move(packed)), chunk_(kChunk), stream_(ZSTD_createDStream(), &ZSTD_freeDStream) {}

  Read read(char* to, size_t capacity) override {
    if (!stream_) return damaged();
    ZSTD_outBuffer out{to, capacity, 0};
    while (out.pos == 0) {
      if (in_.pos == in_.size) {
        auto more = packed_->read(chunk_.data(), chunk_.size());
        if (!more) return more;
        if (*more == 0) return inside_frame_ ? damaged() : Read(size_t{0});
        in_ = {chunk_.data(), *more, 0};
      }
      const size_t hint = ZSTD_decompressStream(stream_.get(), &out, &in_);
      if (ZSTD_isError(hint)) return damaged();
      inside_frame_ = hint != 0;
    }
    return out.pos;
  }

 private:
  static Read damaged() { return Unexpected{std::string("The object is no complete Zstandard file.")}; }

  std::unique_ptr<ObjectReader> packed_;
  std::vector<char> chunk_;
  std::unique_ptr<ZSTD_DStream, size_t (*)(ZSTD_DStream*)> stream_;
  ZSTD_inBuffer in_{nullptr, 0, 0};
  bool inside_frame_ = false;
};

}  // namespace

std::unique_ptr<ObjectReader> unpacked(std::unique_ptr<ObjectReader> packed, std::string_view key) {
  if (key.ends_with(".gz")) return std::make_unique<GzipReader>(std::move(packed));
  if (key.ends_with(".zst") || key.ends_with(".zstd")) return std::make_unique<ZstdReader>(std::move(packed));
  return packed;
}

}  // namespace engine::objects
