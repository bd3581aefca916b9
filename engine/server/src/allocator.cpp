// What jemalloc, the allocator of the server, reads when it begins (docs/adr/0020_allocator.md). MALLOC_CONF
// in the environment goes before it.
//
// background_thread: memory that was given back goes back to the system by itself, within ten seconds.
// Otherwise that happens while more is asked for, and an idle server keeps what a burst needed.
extern "C" const char* const malloc_conf = "background_thread:true";
