# DBD::Sybase: reads one JSON request, answers with one line of JSON. See clients.py.
use strict;
use warnings;
use DBI;
use JSON::PP;

my ($user, $password) = @ARGV;
my %error;
my $request = decode_json(scalar <STDIN>);
my $dbh = DBI->connect("dbi:Sybase:server=lab", $user, $password,
    {PrintError => 0, RaiseError => 0, syb_enable_utf8 => 1});
if (!$dbh) {
    print encode_json({number => DBI->err + 0}), "\n";
    exit;
}
$dbh->{syb_err_handler} = sub {
    my ($number, $severity, $state) = @_;
    %error = (number => $number + 0, severity => $severity + 0, state => $state + 0)
        if $severity > 10 && !%error;
    return 0;
};

# The rows of the last result set.
sub rows_of {
    my ($sth) = @_;
    my $rows = [];
    do {
        $rows = [] if $sth->{NUM_OF_FIELDS};
        if ($sth->{NUM_OF_FIELDS} && $sth->{syb_result_type} == 4040) {
            for my $row (@{$sth->fetchall_arrayref}) {
                for my $value (grep { defined } @$row) {
                    $value = "$value";
                    utf8::decode($value);
                }
                push @$rows, $row;
            }
        } elsif ($sth->{NUM_OF_FIELDS}) {
            1 while $sth->fetch;
        }
    } while ($sth->{syb_more_results});
    return $rows;
}

my $answer;
if ($request->{kind} eq 'rows') {
    my $sth = $dbh->prepare($request->{text});
    $answer = rows_of($sth) if $sth && $sth->execute;
} elsif ($request->{kind} eq 'counts') {
    for my $list (@{$request->{lists}}) {
        my $sth = $dbh->prepare($list->[0]);
        last if !$sth || !$sth->execute;
        push @$answer, scalar @{rows_of($sth)};
    }
} elsif ($request->{kind} eq 'prepared') {
    my $sth = $dbh->prepare($request->{text});
    $answer = [];
    for my $list (@{$request->{lists}}) {
        last if !$sth || !$sth->execute(@$list);
        push @$answer, rows_of($sth);
    }
} elsif ($request->{kind} eq 'cancel') {
    my $sth = $dbh->prepare($request->{text});
    $sth->execute;
    $sth->fetch;
    $sth->cancel;
    %error = ();
    my $next = $dbh->prepare('SELECT 1');
    $answer = rows_of($next) if $next->execute;
}
print encode_json(%error ? \%error : {rows => $answer}), "\n";
$dbh->disconnect;
