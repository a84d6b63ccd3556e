//! A server whose disk is full (ID12, R6).

use std::io::Write as _;

use crate::site::Site;

#[test]
fn id12_a_full_disk_refuses_new_work_by_name_lets_people_stop_things_and_ends_when_there_is_room() {
    let mut site = Site::new();
    site.disk = Some("64m");
    site.sign_in_first(&[]);
    site.connect();
    site.until_status("1 inside");

    let filler = site.data_of_server().join("filler");
    let mut file = std::fs::File::create(&filler).expect("the server's folder can be reached");
    let piece = vec![1; 64 * 1024];
    while file.write_all(&piece).is_ok() {}
    drop(file);
    // What is still taken uses up the last room; then the ballast goes.
    let refused = site.until("new work is refused", |site| {
        let ran = site.run(&["start", "shop", "--json"]);
        (ran.code != 0).then_some(ran)
    });
    assert!(refused.code == 4 && refused.stderr.contains("new work is refused until there is room again"), "{refused:?}");
    assert!(refused.stderr.contains("store_unavailable") && refused.stderr.contains("try again in"), "{refused:?}");
    let server = format!("http://127.0.0.1:{}", site.port);
    let doctor = site.run(&["doctor", "--json", "--server", &server]);
    assert!(doctor.code == 1 && doctor.stdout.contains("the disk that holds the database is full"), "{doctor:?}");
    site.ok(&["status", "shop"]);
    site.ok(&["hold", "shop", "--reason", "the disk is full"]);
    site.ok(&["cancel", "shop", "1", "--reason", "the disk is full"]);

    std::fs::remove_file(&filler).expect("removed");
    site.until("it is ready again", |site| site.run(&["doctor", "--server", &server]).stdout.contains("is ready").then_some(()));
    site.ok(&["release", "shop", "--reason", "there is room"]);
    site.go();
    let started = site.ok(&["start", "shop", "--json"]).json();
    let number = started["release"].as_u64().expect("a number");
    site.until("the new one is built", |site| {
        site.run(&["logs", "shop", &number.to_string(), "package"]).stdout.contains("went on").then_some(())
    });
}
