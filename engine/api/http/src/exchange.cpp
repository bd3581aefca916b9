// The two handles that leave the loop's thread: Exchange (one request waiting for its answer) and
// StreamHandle. Both only post to the connection's loop, or call directly when already there.
#include <atomic>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include "connection.h"

namespace engine::http {
namespace {

class StreamHandle : public Stream {
 public:
  explicit StreamHandle(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
  ~StreamHandle() override { StreamHandle::finish(); }

  void write(std::string text, std::function<void(bool)> written) override {
    // Never in the caller's stack: `written` usually writes again.
    boost::asio::post(connection_->loop()->io, [connection = connection_, text = std::move(text),
                                                written = std::move(written)]() mutable {
      connection->stream_write(std::move(text), std::move(written));
    });
  }
  void finish() override {
    if (finished_.exchange(true)) return;
    boost::asio::post(connection_->loop()->io, [connection = connection_] { connection->stream_finish(); });
  }

 private:
  std::shared_ptr<Connection> connection_;
  std::atomic<bool> finished_{false};
};

class Exchange : public ResponseSink {
 public:
  explicit Exchange(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
  ~Exchange() override {
    if (answered_.load()) return;
    Exchange::send(to_response({500, "Internal", "The request was dropped without an answer.", {}}));
  }

  void send(Response response) override {
    if (answered_.exchange(true)) return;
    boost::asio::dispatch(connection_->loop()->io,
                          [connection = connection_, response = std::move(response)]() mutable {
                            connection->answer(std::move(response));
                          });
  }

  std::shared_ptr<Stream> open_stream(Response head) override {
    auto handle = std::make_shared<StreamHandle>(connection_);
    if (answered_.exchange(true)) return handle;  // nobody listens: writes report a gone client
    boost::asio::dispatch(connection_->loop()->io,
                          [connection = connection_, head = std::move(head)]() mutable {
                            connection->begin_stream(std::move(head));
                          });
    return handle;
  }

  void on_close(std::function<void()> gone) override {
    boost::asio::dispatch(
        connection_->loop()->io,
        [connection = connection_, gone = std::move(gone)]() mutable { connection->watch(std::move(gone)); });
  }

 private:
  std::shared_ptr<Connection> connection_;
  std::atomic<bool> answered_{false};
};

}  // namespace

std::shared_ptr<ResponseSink> make_exchange(std::shared_ptr<Connection> connection) {
  return std::make_shared<Exchange>(std::move(connection));
}

}  // namespace engine::http
