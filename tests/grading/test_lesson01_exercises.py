"""Lesson 01's exercises: the table of answers."""

import exercises


class TestLesson01(exercises.ExerciseTests):
    lesson, points = "01", 12
