-- What a new system begins with: few, because each rule makes news of every workout that brings somebody nearer to it. There is nobody yet
-- whom they would have to be evaluated for.
INSERT INTO rules (rule_id, name, icon, description, measure, target, parts, active, created_at_us) VALUES
    ('first-workout',  'First Workout',    '🏅', 'Complete a workout.',                                   'total_workouts',   1,       '[]', 1, 0),
    ('workouts-10',    'Ten Workouts',     '💪', 'Complete 10 workouts.',                                 'total_workouts',   10,      '[]', 1, 0),
    ('streak-7',       'A Week on End',    '🔥', 'Work out on 7 days in a row.',                          'consecutive_days', 7,       '[]', 1, 0),
    ('distance-100k',  '100 Kilometres',   '🛣', 'Cover 100 km in all.',                                  'total_distance',   100000,  '[]', 1, 0),
    ('calories-10000', 'Furnace',          '⚡', 'Burn 10,000 kcal in all.',                              'calories_burnt',   10000,   '[]', 1, 0),
    ('first-upload',   'On Record',        '⌚', 'Upload the recording of a workout.',                    'uploads',          1,       '[]', 1, 0),
    ('first-goal',     'Goal!',            '🎯', 'Achieve a goal.',                                       'goals_achieved',   1,       '[]', 1, 0),
    ('first-follow',   'Hello',            '👋', 'Follow somebody.',                                      'follows_given',    1,       '[]', 1, 0),
    ('followers-10',   'In Company',       '👥', 'Have 10 followers.',                                    'follows_received', 10,      '[]', 1, 0),
    ('likes-10',       'Well Liked',       '❤', 'Receive 10 likes.',                                     'likes_received',   10,      '[]', 1, 0),
    ('all-rounder',    'All-Rounder',      '🌟', 'Ten workouts, seven days in a row, and a goal achieved.', 'combination',    3,
     '[{"measure":"total_workouts","target":10},{"measure":"consecutive_days","target":7},{"measure":"goals_achieved","target":1}]', 1, 0);
