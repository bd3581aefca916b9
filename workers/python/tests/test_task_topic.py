import unittest

from stepstream_worker import task_topic


class NamesTest(unittest.TestCase):
    def test_names_keep_to_kafkas_characters(self):
        self.assertEqual(task_topic.task_topic("stepstream", "resize-image"), "stepstream.task.resize-image")
        self.assertEqual(task_topic.task_topic("stepstream", "resize_image"), "stepstream.task.resize_5Fimage")
        self.assertEqual(task_topic.task_topic("p", "\u00e9/ "), "p.task._C3_A9_2F_20")
        self.assertEqual(task_topic.task_group("stepstream", "a_b"), "stepstream.workers.a_5Fb")
        long = task_topic.task_topic("stepstream", "q" * 400)
        self.assertEqual((len(long), long[231:]), (249, "_-6287a41370b30655"))  # as engine/wire/tests has it

    def test_urls(self):
        self.assertEqual(task_topic.parse_url("kafka://a:1,b.c:9092/my.prefix"), ("a:1,b.c:9092", "my.prefix"))
        self.assertEqual(task_topic.parse_url("kafka://[::1]:9092"), ("[::1]:9092", "stepstream"))
        for wrong in ("kafka://", "kafka://host", "kafka://host:", "kafka://a:1,", "kafka://a:1,b/p", "kafka://a:9x",
                      "kafka://a:1/p/q", "http://a:1"):
            with self.assertRaises(ValueError, msg=wrong):
                task_topic.parse_url(wrong)


class ProgressTest(unittest.TestCase):
    def test_commits_behind_the_longest_unbroken_run(self):
        progress = task_topic.Progress()
        for offset in (5, 6, 9, 10):
            progress.take(offset)
        progress.finish(6)
        progress.finish(10)
        self.assertIsNone(progress.committable)
        progress.finish(5)
        self.assertEqual(progress.committable, 7)
        progress.finish(7)
        progress.finish(9)
        self.assertEqual((progress.committable, len(progress)), (11, 0))


if __name__ == "__main__":
    unittest.main()
